use super::maxima::*;
use super::multipliers::*;
use super::*;
use assay_testing::SplitMix;
struct Cheap;
impl Multipliers for Cheap {
    fn fill(&self, draw: u64, from: i64, out: &mut [f64]) {
        for (i, o) in out.iter_mut().enumerate() {
            *o = ((draw * 31 + from as u64 + i as u64) % 17) as f64 - 8.0;
        }
    }
}
#[test]
#[ignore]
fn speed() {
    for (k, b) in [(200usize, 9_999u64), (10_000, 1_999)] {
        let mut g = SplitMix::new(1);
        let trials: Vec<TrialBlocks> = (0..k)
            .map(|_| {
                TrialBlocks::stored(
                    CalendarBlock::Week,
                    2600,
                    (0..261).map(|_| (2000.0 * g.z12()) as i16).collect(),
                )
                .unwrap()
            })
            .collect();
        let refs: Vec<&TrialBlocks> = trials.iter().collect();
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                for rep in 0..2 {
                let t = std::time::Instant::now();
                let plan = MaximaPlan::new(&refs);
                let a = t.elapsed();
                let m = plan.maxima(0..b, &CalendarNormals);
                let c = t.elapsed();
                let m2 = plan.maxima(0..b, &Cheap);
                let d = t.elapsed();
                let gm = (plan.cost() * b) as f64 / 1e9;
                println!("K {k} B {b} threads {threads} rep {rep}: plan {a:?} all {:?} cheap {:?} = {:.1} GMAC/s {} {}", c - a, d - c, gm / (d - c).as_secs_f64(), m[5], m2[5]);
                }
            });
        }
    }
}
