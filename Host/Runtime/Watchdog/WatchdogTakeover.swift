import AlphaLoopCore
import CAlphaLoop

/// What one takeover of a watchdog did, folded out of its journal.
public struct WatchdogTakeover: Sendable {
  public let beginning: WatchdogEntry.Beginning
  /// ns UTC.
  public let began: Int64
  /// nil: it was cut off, or could not reach the broker; the next look of a watchdog goes on with another one.
  public private(set) var ending: WatchdogEntry.Ending?
  /// The number of its last row.
  public private(set) var lastRow: Int64
  /// By the indices of instruments in the events.
  public private(set) var symbols: [String] = []
  /// What was sent and heard, in order; times ns UTC.
  public private(set) var events: [(time: Int64, event: RecordedEvent)] = []
  public private(set) var notes: [String] = []

  init(_ beginning: WatchdogEntry.Beginning, _ row: WatchdogJournal.Row) {
    self.beginning = beginning
    began = row.time
    lastRow = row.sequence
  }

  static func all(_ rows: [WatchdogJournal.Row]) -> [WatchdogTakeover] {
    var takeovers: [WatchdogTakeover] = []
    for row in rows {
      if case .began(let beginning) = row.entry {
        takeovers.append(WatchdogTakeover(beginning, row))
      } else if !takeovers.isEmpty {
        takeovers[takeovers.count - 1].take(row)
      }
    }
    return takeovers
  }

  private mutating func take(_ row: WatchdogJournal.Row) {
    lastRow = row.sequence
    switch row.entry {
    case .connected(let list): symbols = list
    case .event(let event): events.append((row.time, event))
    case .said(let text): notes.append(text)
    case .ended(let how): ending = how
    case .began, .ending, .gone: break
    }
  }

  /// The broker's last books; nil: it was not reached.
  private var lastBooks: RecordedEvent.Reconciliation? {
    for (_, event) in events.reversed() { if case .reconciliation(let books) = event { return books } }
    return nil
  }

  /// Orders that a cancel was sent for, ours, each once. Those of others have session 0 and the broker's number.
  public var cancelsSent: [OrderID] {
    var ids: [OrderID] = []
    for case .cancels(let list) in events.map(\.event) { for id in list where !ids.contains(id) { ids.append(id) } }
    return ids
  }

  /// Cancelled orders that the broker does not have working any more.
  public var cancelled: [OrderID] {
    guard let books = lastBooks else { return [] }
    return cancelsSent.filter { id in !books.working.contains { $0.orderID == id } && !isFilled(id) }
  }

  /// Still working at the last look, as far as this takeover knows.
  public var unconfirmed: [OrderID] {
    guard let books = lastBooks else { return cancelsSent }
    return cancelsSent.filter { id in books.working.contains { $0.orderID == id } }
  }

  private func isFilled(_ id: OrderID) -> Bool {
    var total: Int64 = 0
    for case .reconciliation(let books) in events.map(\.event) {
      if let order = books.working.first(where: { $0.orderID == id }) { total = order.quantity }
    }
    let filled = fills.filter { $0.orderID == id }.reduce(0) { $0 + $1.quantity }
    return total != 0 && filled == total
  }

  /// Executions of our orders that it was told of, each once. The host knows some of them already.
  public var fills: [RecordedEvent.Report] {
    var seen: Set<[UInt64]> = []
    var all: [RecordedEvent.Report] = []
    for (_, event) in events {
      let reports: [RecordedEvent.Report]
      switch event {
      case .reports(let list): reports = list
      case .reconciliation(let books): reports = books.executions
      default: continue
      }
      for r in reports where r.kind == AL_REPORT_FILL && r.session != 0 && seen.insert(r.execution).inserted {
        all.append(r)
      }
    }
    return all
  }

  /// The orders that it sent to close positions.
  public var flattenOrders: [al_order_v1] {
    var orders: [al_order_v1] = []
    for case .intents(let list) in events.map(\.event) { orders += list.map(\.order) }
    return orders
  }

  /// What the account held at the last look, others' positions too.
  public var holdings: [BrokerSnapshot.Holding] { lastBooks?.snapshot.holdings ?? [] }
}

extension RecordedEvent.Report {
  var orderID: OrderID { OrderID(session: session, sequence: sequence) }
  /// An order of others is named by the broker's number.
  var cancelID: OrderID { session == 0 ? OrderID(session: 0, sequence: UInt64(bitPattern: brokerID)) : orderID }
}

extension RecordedEvent.Reconciliation {
  var working: [RecordedEvent.Report] { orders.filter { $0.kind == AL_REPORT_WORKING } }
}
