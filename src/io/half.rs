//! Half precision (IEEE 754 binary16), which neither stable Rust nor the readers of HDF5 and NPY used here support.

/// The number of half precision with these bits; exact.
pub(crate) fn half(bits: u16) -> f32 {
    let (exponent, mantissa) = (u32::from(bits >> 10 & 0x1f), u32::from(bits & 0x3ff));
    let size = match exponent {
        // Subnormal: in units of 2⁻²⁴.
        0 => mantissa as f32 / (1 << 24) as f32,
        31 if mantissa == 0 => f32::INFINITY,
        31 => f32::NAN,
        // The exponent's bias is 15, and 127 in single precision.
        _ => f32::from_bits((exponent + 112) << 23 | mantissa << 13),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// Numbers of half precision, of two bytes each.
pub(crate) fn halves(bytes: &[u8], big_endian: bool) -> impl Iterator<Item = f32> {
    bytes
        .as_chunks::<2>()
        .0
        .iter()
        .map(move |&pair| half(if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of the standard's examples, and the order of all positive numbers.
    #[test]
    fn half_precision_is_read_exactly() {
        for (bits, value) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x0400, 6.103_515_6e-5),
            (0xfc00, f32::NEG_INFINITY),
        ] {
            assert_eq!(half(bits), value);
        }
        assert!(half(0x7e00).is_nan() && half(0x8000).is_sign_negative());
        assert!((1..=0x7c00).all(|bits| half(bits) > half(bits - 1)));
        assert!(halves(&[0x3c, 0, 0xc0, 0, 1], true).eq([1.0, -2.0]));
    }
}
