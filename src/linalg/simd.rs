//! Loops over numbers, compiled for AVX2 and AVX-512 besides what every processor has; [`pulp`] chooses at run time.
//!
//! A loop is written for one number and vectorised by the compiler. Every entry goes through the same operations wherever
//! it stands: with fused multiply-add the results are the same bits on every machine that has it, for every number of
//! lanes; without, the same up to rounding.

use pulp::{Arch, Simd, WithSimd};

/// A loop with multiply-add, which is fused where that is one instruction. Implementations of `run` and all that it calls
/// are to be `#[inline(always)]`: a function or closure of its own is compiled without the instructions chosen here.
pub(crate) trait Loop {
    type Output;

    fn run<const FUSED: bool>(self) -> Self::Output;
}

/// Runs a loop with the widest instructions of the processor.
#[inline(always)]
pub(crate) fn run<L: Loop>(body: L) -> L::Output {
    Arch::new().dispatch(Dispatched(body))
}

/// Runs a closure without multiply-add in the same way.
#[inline(always)]
pub(crate) fn vectorized<R>(body: impl FnOnce() -> R) -> R {
    Arch::new().dispatch(body)
}

struct Dispatched<L>(L);

impl<L: Loop> WithSimd for Dispatched<L> {
    type Output = L::Output;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> L::Output {
        // With one lane, the compiler would call a slow function for multiply-add.
        if S::F64_LANES > 1 { self.0.run::<true>() } else { self.0.run::<false>() }
    }
}
