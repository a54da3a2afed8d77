//! The markup of texts, described in the module above, parsed into a tree of runs and scripts.

/// Escapes a text so that it is printed unchanged and upright: for names that users supply.
pub fn escape(plain: &str) -> String {
    plain.chars().flat_map(|c| ['\\', c]).collect()
}

/// An accent over a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accent {
    Bar,
    Hat,
    Tilde,
}

impl Accent {
    /// The accent that a combining character stands for.
    fn of(character: char) -> Option<Self> {
        match character {
            '\u{304}' | '\u{305}' => Some(Accent::Bar),
            '\u{302}' => Some(Accent::Hat),
            '\u{303}' => Some(Accent::Tilde),
            _ => None,
        }
    }
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Markup {
    Run { text: String, italic: bool, accent: Option<Accent> },
    Script { raised: bool, inner: Vec<Markup> },
}

/// Splits a letter with a built-in macron into letter and macron, so that all bars look alike.
fn decompose(character: char) -> Vec<char> {
    let plain = match character {
        'ā' => 'a',
        'ē' => 'e',
        'ī' => 'i',
        'ō' => 'o',
        'ū' => 'u',
        other => return vec![other],
    };
    vec![plain, '\u{304}']
}

/// Parses a marked-up text.
pub(crate) fn parse_markup(markup: &str) -> Vec<Markup> {
    let characters: Vec<char> = markup.chars().flat_map(decompose).collect();
    parse(&characters, false, false)
}

/// Parses marked-up characters, which belong to a script if `script`; `italic` holds for all of them.
fn parse(characters: &[char], italic: bool, script: bool) -> Vec<Markup> {
    let mut nodes = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        match characters[at] {
            '\\' if at + 1 < characters.len() => {
                push(&mut nodes, characters[at + 1], italic);
                at += 2;
            }
            side @ ('_' | '^') if at + 1 < characters.len() => {
                let (inner, next) = argument(characters, at + 1);
                nodes.push(Markup::Script { raised: side == '^', inner: parse(inner, italic, true) });
                at = next;
            }
            '*' => {
                let rest = &characters[at + 1..];
                let length = rest.iter().position(|&c| c == '*').unwrap_or(rest.len());
                for node in parse(&rest[..length], true, script) {
                    nodes.push(node);
                }
                at += length + 2;
            }
            combining if let Some(accent) = Accent::of(combining) => {
                accent_last(&mut nodes, accent);
                at += 1;
            }
            // An exponent starts with a minus sign, not a hyphen.
            '-' if script && at == 0 => {
                push(&mut nodes, '−', italic);
                at += 1;
            }
            character => {
                let variable = is_variable(characters, at);
                push(&mut nodes, character, italic || variable);
                at += 1;
            }
        }
    }
    nodes
}

/// The argument of a script, a braced group or one character, and the position after it.
fn argument(characters: &[char], start: usize) -> (&[char], usize) {
    if characters[start] != '{' {
        // A letter keeps the accent that follows it.
        let accented = characters.get(start + 1).is_some_and(|&c| Accent::of(c).is_some());
        let end = start + 1 + usize::from(accented);
        return (&characters[start..end], end);
    }
    let mut depth = 0;
    for (at, character) in characters.iter().enumerate().skip(start) {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (&characters[start + 1..at], at + 1);
        }
    }
    (&characters[start + 1..], characters.len())
}

/// Whether the character is a variable: Greek, or a lower-case letter that stands alone.
fn is_variable(characters: &[char], at: usize) -> bool {
    let character = characters[at];
    if ('α'..='ω').contains(&character) || matches!(character, 'ϕ' | 'ϵ' | 'ϑ') {
        return true;
    }
    let letter =
        |index: Option<usize>| index.and_then(|i| characters.get(i)).is_some_and(|c| c.is_alphabetic() && c.is_ascii());
    // In an abbreviation such as s.d., a letter is not a variable.
    let dot = |index: Option<usize>| index.and_then(|i| characters.get(i)) == Some(&'.');
    let dotted = dot(at.checked_sub(1)) || dot(Some(at + 1));
    character.is_ascii_lowercase() && !dotted && !letter(at.checked_sub(1)) && !letter(Some(at + 1))
}

/// Appends a character; it joins the last run if that is of the same kind.
fn push(nodes: &mut Vec<Markup>, character: char, slanted: bool) {
    if let Some(Markup::Run { text, italic, accent: None }) = nodes.last_mut()
        && *italic == slanted
    {
        text.push(character);
        return;
    }
    nodes.push(Markup::Run { text: character.to_string(), italic: slanted, accent: None });
}

/// Puts an accent over the last character.
fn accent_last(nodes: &mut Vec<Markup>, over: Accent) {
    let Some(Markup::Run { text, italic, accent }) = nodes.last_mut() else {
        return;
    };
    if text.chars().count() == 1 {
        *accent = Some(over);
        return;
    }
    let slanted = *italic;
    if let Some(last) = text.pop() {
        nodes.push(Markup::Run { text: last.to_string(), italic: slanted, accent: Some(over) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(markup: &str) -> Vec<Markup> {
        parse_markup(markup)
    }

    fn run(text: &str, italic: bool, barred: bool) -> Markup {
        Markup::Run { text: text.to_string(), italic, accent: barred.then_some(Accent::Bar) }
    }

    #[test]
    fn an_axis_label_parses_to_variables_and_a_subscript() {
        assert_eq!(
            nodes("w_{max}/σ"),
            vec![
                run("w", true, false),
                Markup::Script { raised: false, inner: vec![run("max", false, false)] },
                run("/", false, false),
                run("σ", true, false),
            ]
        );
    }

    #[test]
    fn words_stay_upright_and_asterisks_slant() {
        assert_eq!(nodes("F+SG (mixed)"), vec![run("F+SG (mixed)", false, false)]);
        assert_eq!(nodes("*T*"), vec![run("T", true, false)]);
        assert_eq!(nodes(&escape("a_b^c*d\\")), vec![run("a_b^c*d\\", false, false)]);
    }

    #[test]
    fn a_combining_macron_bars_the_letter_before_it() {
        assert_eq!(nodes("q m̄"), vec![run("q", true, false), run(" ", false, false), run("m", true, true)]);
    }
}
