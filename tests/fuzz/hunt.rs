//! Draws many cases from a seed, and collects their distinct faults, each shrunk to a small example.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Largest number of runs of the program to shrink one fault.
const SHRINKING: usize = 40;

/// How a case ended: the exit status of the program, and the fault.
pub struct Verdict {
    pub status: Option<i32>,
    pub fault: Option<String>,
}

/// The result of a hunt.
#[derive(Default)]
pub struct Found {
    /// Faults, each with its number of cases and its smallest example.
    pub faults: BTreeMap<String, (usize, String)>,
    /// Number of cases for each exit status.
    pub statuses: BTreeMap<Option<i32>, u64>,
}

/// Runs `cases` cases on all cores; each depends only on the seed and its own number.
pub fn hunt<S: Strategy>(
    (seed, cases): (u64, u64),
    strategy: impl Fn() -> S + Sync,
    judge: impl Fn(&S::Value) -> Verdict + Sync,
    describe: impl Fn(&S::Value) -> String + Sync,
) -> Found {
    let (next, found) = (AtomicU64::new(0), Mutex::new(Found::default()));
    let work = || {
        let strategy = strategy();
        loop {
            let number = next.fetch_add(1, Relaxed);
            if number >= cases {
                break;
            }
            let mut tree = strategy.new_tree(&mut runner(seed, number)).unwrap();
            let verdict = judge(&tree.current());
            let new = {
                let mut found = found.lock().unwrap();
                *found.statuses.entry(verdict.status).or_default() += 1;
                let Some(fault) = &verdict.fault else { continue };
                let example = || (0, describe(&tree.current()));
                let known = found.faults.entry(fault.clone()).or_insert_with(example);
                known.0 += 1;
                known.0 == 1
            };
            if let Some(fault) = verdict.fault.filter(|_| new) {
                let smallest = describe(&shrink(&mut tree, |case| judge(case).fault.as_ref() == Some(&fault)));
                println!("case {number}: {fault}: {smallest}");
                found.lock().unwrap().faults.entry(fault).and_modify(|known| known.1 = smallest);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    found.into_inner().unwrap()
}

fn runner(seed: u64, number: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&number.to_le_bytes());
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// A smaller case for which `fails` still holds, found with a limited number of tries.
fn shrink<T: ValueTree>(tree: &mut T, fails: impl Fn(&T::Value) -> bool) -> T::Value {
    let mut smallest = tree.current();
    let mut simpler = tree.simplify();
    for _ in 0..SHRINKING {
        if !simpler {
            break;
        }
        let case = tree.current();
        simpler = if fails(&case) {
            smallest = case;
            tree.simplify()
        } else {
            tree.complicate()
        };
    }
    smallest
}

impl Found {
    /// Fails with the list of faults, if there are any.
    pub fn assert_none(&self) {
        let list: Vec<String> = self
            .faults
            .iter()
            .map(|(fault, (count, example))| format!("- {fault} ({count} times): {example}"))
            .collect();
        println!("exit statuses: {:?}", self.statuses);
        assert!(list.is_empty(), "{} distinct faults:\n{}", list.len(), list.join("\n"));
    }

    /// Share of the cases that ended with an exit status.
    pub fn share(&self, status: i32) -> f64 {
        let all: u64 = self.statuses.values().sum();
        self.statuses.get(&Some(status)).copied().unwrap_or(0) as f64 / all as f64
    }
}
