use super::*;
use crate::execution::{Level, Trail};
use crate::market::{Bars, Columns, Timeframe};
use crate::replay::{Intent, SymbolTrader, View};

const HOUR: i64 = 3_600_000;

fn bars(closes: &[f64]) -> Bars {
    let columns = Columns {
        open_time: (0..closes.len() as i64).map(|i| i * HOUR).collect(),
        open: closes.to_vec().into(),
        high: closes.to_vec().into(),
        low: closes.to_vec().into(),
        close: closes.to_vec().into(),
        volume: vec![1.0; closes.len()].into(),
    };
    Bars::new(Timeframe::H1, columns).unwrap()
}

#[test]
fn an_order_is_sent_where_another_position_is_wanted() {
    let b = bars(&[100.0; 8]);
    let position = vec![f64::NAN, 0.5, 0.5, f64::NAN, 0.25, -0.5, 0.0, 0.0];
    let wanted =
        TargetPositions::new(position, Unit::Equity, Brackets { stop: Some(2.0), ..Brackets::default() });
    assert_eq!(wanted.changes(), [(1, 0.5), (4, 0.25), (5, -0.5), (6, 0.0)]);
    let mut trader = TargetTrader::new(&b, &wanted);
    assert_eq!(trader.next_wake(0), 1);
    let flat = View { equity: 1000.0, drawdown: 0.0, position: None };
    let entry = trader.on_close(1, &flat).entry.unwrap();
    assert_eq!((entry.side, entry.size_frac, entry.bracket.stop), (1.0, 0.5, Level::Distance(2.0)));
    assert!(entry.bracket.target == Level::None && entry.bracket.trail == Trail::NONE);
    assert_eq!(trader.on_close(2, &flat), Intent::default());
    // A stop closed it meanwhile: the next other position is entered anew.
    assert_eq!(trader.next_wake(3), 4);
    assert_eq!(trader.on_close(4, &flat).entry.unwrap().size_frac, 0.25);
    assert_eq!(trader.on_close(5, &flat).entry.unwrap().side, -1.0);
    // Flat, and flat is wanted: nothing to wake up for.
    assert_eq!(trader.next_wake(6), usize::MAX);
}
