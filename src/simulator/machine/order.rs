//! Mini-batches without replacement.

use super::random::{Purpose, Stream};
use rand::seq::SliceRandom;

/// The order in which samples are used: one permutation after another, a new one for each epoch. A batch that reaches the end of
/// an epoch continues in the next, so all batches have the same size and every epoch uses every sample once.
#[derive(Clone, Debug)]
pub(crate) struct BatchOrder {
    stream: Stream,
    epoch: Option<u64>,
    permutation: Vec<u32>,
}

impl BatchOrder {
    /// The order for a trainer with this seed.
    pub fn new(samples: usize, seed: u64) -> Self {
        let stream = Stream::new(seed, Purpose::BatchOrder);
        Self { stream, epoch: None, permutation: vec![0; samples] }
    }

    /// Writes the samples of batch `number` into `chosen`.
    pub fn batch(&mut self, number: u64, chosen: &mut [usize]) {
        let samples = self.permutation.len() as u64;
        let first = number * chosen.len() as u64;
        for (place, chosen) in (first..).zip(chosen) {
            self.shuffle(place / samples);
            *chosen = self.permutation[(place % samples) as usize] as usize;
        }
    }

    fn shuffle(&mut self, epoch: u64) {
        if self.epoch == Some(epoch) {
            return;
        }
        for (place, sample) in self.permutation.iter_mut().enumerate() {
            *sample = place as u32;
        }
        self.permutation.shuffle(&mut self.stream.generator(epoch, 0));
        self.epoch = Some(epoch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_uses_every_sample_once_and_any_batch_can_be_asked_for() {
        let mut order = BatchOrder::new(10, 1);
        let mut batch = [0; 4];
        let mut used = Vec::new();
        for number in 0..5 {
            order.batch(number, &mut batch);
            used.extend(batch);
        }
        let (first, second) = used.split_at(10);
        for epoch in [first, second] {
            let mut sorted = epoch.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..10).collect::<Vec<_>>());
        }
        assert_ne!(first, second);
        BatchOrder::new(10, 1).batch(3, &mut batch);
        assert_eq!(batch, used[12..16]);
    }
}
