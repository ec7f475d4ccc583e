//! Parallel work whose errors do not depend on which part was faster.

use rayon::prelude::*;

use crate::error::Result;

/// What `work` comes to, or the error of the first part that failed, not of the first that was met: the same message on
/// any number of threads.
pub fn in_order<T: Send>(work: impl IndexedParallelIterator<Item = Result<T>>) -> Result<Vec<T>> {
    work.collect::<Vec<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn the_first_part_that_fails_is_the_one_that_is_told() {
        for _ in 0..20 {
            let work = (0..64usize).into_par_iter().map(|k| {
                // Later parts fail sooner.
                std::thread::sleep(std::time::Duration::from_micros(200 - 3 * k as u64));
                if k % 8 == 5 { Err(Error::internal("x", format!("part {k}"))) } else { Ok(k) }
            });
            assert!(in_order(work).unwrap_err().to_string().contains("part 5"));
        }
        let all = in_order((0..9usize).into_par_iter().map(Ok)).unwrap();
        assert_eq!(all, (0..9).collect::<Vec<_>>());
    }
}
