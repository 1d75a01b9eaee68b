import CAlphaLoop

/// Answers that do not come. What was sent and not answered within the time allowed is `unknown`: it holds its exposure,
/// blocks new risk in its name, and only the broker's word ends that.
extension Engine {
  /// Time goes on and no data came: what was due by now happens, at this time.
  public func advance(to now: Int64) {
    guard now > clock.pointee else { return }
    clock.pointee = now
    if now >= timers.next { fireTimers(now) }
    // Fills and fees may have moved it since the last bar.
    let equity = ledger.balances.pointee.equity.raw
    if equity > peakEquity || equity <= drawdownWatch { equityMoved(equity) }
    if now >= watch.next { watchMarket(now) }
    if isDirty { decide(now) }
    tradeQuantities()
    if now >= work.next { releaseChildren(now) }
    if halt != .armed { pursueHalt(now) }
  }

  /// The broker has it and will answer with a report.
  @inline(never) func awaitAnswer(_ id: OrderID, _ question: AnswerWatch.Question) {
    guard settings.answerTimeout > 0 else { return }
    answers.add(id, question, at: clock.pointee)
    timers.next = min(timers.next, answers.due(settings.answerTimeout))
  }

  /// Whatever is still without its answer becomes `unknown`.
  func noteOverdue(_ now: Int64) {
    while let late = answers.pop(askedUpTo: now.subtractingReportingOverflow(settings.answerTimeout).partialValue) {
      let slot = machine.pool.find(late.id)
      guard slot >= 0, isUnanswered(late, machine.pool[slot]) else { continue }
      applyFact(.answerOverdue, to: slot, code: 0)
    }
  }

  private func isUnanswered(_ late: AnswerWatch.Entry, _ order: Order) -> Bool {
    guard order.state.isWorking else { return false }
    switch late.question {
    case .submission: return !order.flags.contains(.acknowledged)
    // A refused cancel may have been followed by another, which has its own time.
    case .cancel: return order.flags.contains(.cancelOutstanding) && !answers.has(late.id, .cancel)
    }
  }

  /// When a timer or an overdue answer wants the engine next.
  func resetWake() {
    timers.next = min(timers.first ?? .max, answers.due(settings.answerTimeout))
  }

  /// Another time allowed for answers, from now on and for those that are awaited.
  public func adopt(answerTimeout: Int64) {
    let wasOff = settings.answerTimeout <= 0
    settings.answerTimeout = answerTimeout
    if answerTimeout <= 0 { answers.removeAll() } else if wasOff { awaitOpenAnswers() }
    resetWake()
  }

  /// Nothing was noted while there was no limit: what is open now is awaited from now on.
  private func awaitOpenAnswers() {
    for i in 0..<settings.instruments.count {
      var slot = machine.pool.books[i].head
      while slot >= 0 {
        let order = machine.pool[slot]
        slot = order.next
        let isSent = order.flags.contains(.sent) && !order.flags.contains(.acknowledged)
        if isSent { answers.add(order.id, .submission, at: clock.pointee) }
        if order.flags.contains(.cancelOutstanding) { answers.add(order.id, .cancel, at: clock.pointee) }
      }
    }
  }

  /// Orders whose fate nobody knows: each blocks new risk in its name.
  public var unknownOrders: Int {
    (0..<settings.instruments.count).reduce(0) { $0 + Int(machine.pool.books[$1].unknown) }
  }
}

/// What was sent and is to be answered by a report, in the order of sending.
struct AnswerWatch {
  enum Question { case submission, cancel }

  struct Entry {
    var asked: Int64
    var id: OrderID
    var question: Question
  }

  private(set) var entries: [Entry] = []
  /// Entries before this one are done.
  private var head = 0

  mutating func add(_ id: OrderID, _ question: Question, at now: Int64) {
    entries.append(Entry(asked: now, id: id, question: question))
  }

  /// When the oldest is late.
  func due(_ timeout: Int64) -> Int64 {
    guard head < entries.count, timeout > 0 else { return .max }
    let (time, overflow) = entries[head].asked.addingReportingOverflow(timeout)
    return overflow ? .max : time
  }

  /// Takes the oldest when it was asked at `time` or before.
  mutating func pop(askedUpTo time: Int64) -> Entry? {
    guard head < entries.count, entries[head].asked <= time else { return nil }
    defer {
      head += 1
      // Half of what is kept may be over: each entry is moved once at most, whatever comes.
      if head == entries.count || head >= 1024 && 2 * head >= entries.count {
        entries.removeFirst(head)
        head = 0
      }
    }
    return entries[head]
  }

  func has(_ id: OrderID, _ question: Question) -> Bool {
    entries[head...].contains { $0.id == id && $0.question == question }
  }

  mutating func removeAll() {
    entries.removeAll(keepingCapacity: true)
    head = 0
  }
}
