//! The program `spectral-rbm`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    spectral_rbm::cli::main()
}
