use super::*;
use crate::execution::{EntryOrder, Execution, Level, Trail};
use crate::market::{Bars, Columns, Timeframe};
use crate::replay::{Account, FullRecorder, Intent, SymbolTrader, View, replay};

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
    let flat =
        View { equity: 1000.0, drawdown: 0.0, position: None, leaving: false, coming: None, late: false };
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

#[test]
fn a_start_takes_the_position_that_is_wanted_already() {
    let b = bars(&[100.0; 12]);
    let wanted =
        |position: &[f64]| TargetPositions::new(position.to_vec(), Unit::Equity, Brackets::default());
    let flat =
        View { equity: 1000.0, drawdown: 0.0, position: None, leaving: false, coming: None, late: false };
    let long = wanted(&[0.0, 0.5, 0.5, f64::NAN, 0.5, 0.5, -0.5, -0.5, 0.0, 0.0, 0.0, 0.0]);
    let sent = |first: usize| {
        let mut trader = TargetTrader::new(&b, &long).starting(first);
        let mut sent = vec![];
        let mut bar = trader.next_wake(first);
        while bar < b.len() {
            let intent = trader.on_close(bar, &flat);
            sent.extend(intent.entry.map(|e| (bar, e.side * e.size_frac)));
            bar = trader.next_wake(bar + 1);
        }
        sent
    };
    assert_eq!(sent(0), [(1, 0.5), (6, -0.5)]);
    // Long since bar 1, and unknown at bar 3: what was known last is wanted.
    assert_eq!(sent(3), [(3, 0.5), (6, -0.5)]);
    // A change at the very close is no start.
    assert_eq!(sent(6), [(6, -0.5)]);
    assert_eq!(sent(7), [(7, -0.5)]);
    // Flat is wanted: nothing is sent, nobody wakes.
    assert_eq!(sent(8), []);
    // After a halt it starts again, whatever it has sent before.
    let mut trader = TargetTrader::new(&b, &long).starting(0);
    assert_eq!(trader.next_wake(0), 1);
    trader.on_close(1, &flat);
    assert_eq!(trader.on_close(4, &flat), Intent::default());
    trader.deployable().unwrap().resume();
    assert_eq!((trader.next_wake(5), trader.next_look(5)), (5, 5));
    assert_eq!(trader.on_close(5, &flat).entry.unwrap().side, 1.0);
    assert_eq!(trader.next_wake(6), 6);
}

#[test]
fn what_may_fill_until_it_is_taken_back_is_closed_as_well() {
    let b = bars(&[100.0; 4]);
    let wanted = TargetPositions::new(vec![1.0, 0.0, -1.0, 0.0], Unit::Units, Brackets::default());
    let sent = |late: bool| {
        let mut trader = TargetTrader::new(&b, &wanted);
        let view = View { equity: 1000.0, drawdown: 0.0, position: None, leaving: false, coming: None, late };
        (0..4)
            .map(|bar| trader.on_close(bar, &view))
            .map(|i| (i.cancel, i.exit.is_some()))
            .collect::<Vec<_>>()
    };
    assert_eq!(sent(false), [(true, false); 4]);
    assert_eq!(sent(true), [(true, true); 4]);
}

#[test]
fn a_limit_entry_behind_a_position_that_leaves_is_taken_back() {
    // A unit a bar is filled. Two are held from bar 2 on; at the close of bar 5 two short are wanted instead, and at that of
    // bar 6, when one of the two has been sold, nothing.
    let b = bars(&[100.0; 20]);
    let mut position = vec![2.0; 20];
    position[5] = -2.0;
    position[6..].fill(0.0);
    let sold = |position: Vec<f64>| {
        let wanted = TargetPositions::new(position, Unit::Units, Brackets::default());
        let execution = Execution { participation: 1.0, entry: EntryOrder::LimitFirst, ..Execution::FREE };
        let mut recorder = FullRecorder::new(b.len());
        let mut trader = TargetTrader::new(&b, &wanted).starting(0);
        let account = Account { leverage: 2.0, ..Account::default() }.ledger();
        replay(&b, 0, &execution, account, &mut trader, &mut recorder);
        recorder.trades.iter().filter(|t| t.side < 0.0).count()
    };
    assert_eq!(sold(position.clone()), 0);
    // Without the second change the short follows.
    position[6..].fill(-2.0);
    assert!(sold(position) > 0);
}

#[test]
fn an_order_without_a_distance_is_refused() {
    let b = bars(&[100.0; 3]);
    let brackets = Brackets {
        in_atr: [Some(1.0), None, None, None],
        atr: Some(vec![f64::NAN, 0.0, 2.0].into()),
        ..Brackets::default()
    };
    let wanted = TargetPositions::new(vec![1.0, -1.0, 1.0], Unit::Units, brackets);
    let mut trader = TargetTrader::new(&b, &wanted);
    let flat =
        View { equity: 1000.0, drawdown: 0.0, position: None, leaving: false, coming: None, late: false };
    let refused = |intent: Intent| intent.refused.map(|(side, why)| (side, why.name()));
    assert_eq!(refused(trader.on_close(0, &flat)), Some((1.0, "no_distance")));
    assert_eq!(refused(trader.on_close(1, &flat)), Some((-1.0, "no_distance")));
    let sent = trader.on_close(2, &flat);
    assert_eq!((sent.refused, sent.entry.unwrap().bracket.stop), (None, Level::Distance(2.0)));
}
