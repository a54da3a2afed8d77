//! An update allocates nothing, once every thread has made its first product.

use spectral_rbm::data::Spins;
use spectral_rbm::simulator::machine::{Algorithm, Machine, Settings, Trainer};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the bytes requested from the system.
struct Counting;

/// Bytes requested so far.
static BYTES: AtomicUsize = AtomicUsize::new(0);

// Passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn updates_allocate_nothing_once_every_thread_has_its_workspace() {
    let data = Spins::from_fn(700, 784, |sample, unit| (sample * 31 + unit * 17) % 23 < 7);
    for algorithm in [Algorithm::Cd, Algorithm::Pcd] {
        let machine = Machine::random(784, 100, 0.01, 0).unwrap();
        let settings = Settings { algorithm, gibbs_steps: 2, batch_size: 500, chains: 300, ..Settings::default() };
        let mut trainer = Trainer::new(machine, &data, settings).unwrap();
        // Each thread of the pool allocates its workspace when it first takes part in a product, which can be at any
        // update.
        let warming = rayon::current_num_threads() + 1;
        let bytes: Vec<usize> = (0..warming + 20)
            .map(|_| {
                let before = BYTES.load(Ordering::Relaxed);
                trainer.update().unwrap();
                BYTES.load(Ordering::Relaxed) - before
            })
            .collect();
        // The thread pool sometimes allocates a block of its job queue (1.5 kB).
        let allocating = bytes.iter().filter(|&&bytes| bytes > 4096).count();
        assert!(allocating <= warming, "{bytes:?}");
    }
}
