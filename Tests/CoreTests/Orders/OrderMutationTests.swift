import Testing

@testable import AlphaLoopCore

/// The negative control of the enumeration: a wrong table must not pass it.
///
/// A mutant differs from the standard in one cell, so its first difference can only be at a use of that cell in a
/// situation that the standard table reaches: judging those uses is the whole enumeration of the mutant.
@Suite("Mutations of the transition table")
struct OrderMutationTests {
  typealias Cell = TransitionTable.Cell

  /// Every other target, each effect of a cell dropped, each that it lacks added.
  static func mutants(of cell: Cell) -> [Cell] {
    // A cell that is a repetition or illegal leads nowhere: its mutants do what another target says.
    let passive: OrderEffects = [.duplicate, .ignored]
    let effects = cell.target == .doubtAttestation ? cell.effects : cell.effects.subtracting(passive)
    let moved = TransitionTable.Target.allCases.filter { $0 != cell.target || effects != cell.effects }
      .map { Cell($0, effects) }
    let flags: [OrderEffects] = [.duplicate, .ignored, .lateFill, .contradiction]
    return moved + flags.map { Cell(cell.target, cell.effects.symmetricDifference($0)) }
  }

  enum Verdict { case caught, identical, missed }

  /// Caught when the second model contradicts the mutant at a use of its cell or within two facts; identical when at every
  /// use it does what the standard table does, to the last field; missed when it differs and nobody says so.
  static func judge(_ state: OrderState, _ kind: OrderFactKind, _ mutant: Cell) -> Verdict {
    var table = TransitionTable.standard
    table[state, kind] = mutant
    var verdict = Verdict.identical
    let report = OrderEnumerationTests.report
    for use in report.uses[Int(state.rawValue) * 32 + Int(kind.rawValue)] {
      let node = report.all[Int(use)]
      for fact in OrderEnumeration.alphabet where fact.kind == kind {
        let history = node.history + [fact]
        let expected = OrderEvidence.read(
          history, quantity: OrderEnumeration.quantity, limit: OrderEnumeration.limit)
        var after = node.order
        if OrderEnumeration.difference(node, fact, expected, table: table, after: &after) != nil { return .caught }
        let (standard, _) = step(node, fact, .standard)
        let next = OrderEnumeration.Node(order: after, evidence: expected.0, history: history)
        let same = OrderEnumeration.Node(order: standard, evidence: expected.0, history: history)
        if OrderEnumeration.Key(next) == OrderEnumeration.Key(same) { continue }
        if isCaughtLater(next, table, facts: 2) { return .caught }
        verdict = .missed
      }
    }
    return verdict
  }

  static func step(
    _ node: OrderEnumeration.Node, _ fact: OrderFact, _ table: TransitionTable
  ) -> (Order, OrderEffects) {
    var machine = OrderEnumeration.machine(at: node, table: table)
    let effects = machine.apply(fact, to: 0, at: UnixNanoseconds(0))
    return (machine.pool[0], effects)
  }

  /// Whether the second model contradicts the table within the next `facts` facts.
  static func isCaughtLater(_ node: OrderEnumeration.Node, _ table: TransitionTable, facts: Int) -> Bool {
    OrderEnumeration.alphabet.contains { fact in
      let history = node.history + [fact]
      let expected = OrderEvidence.read(
        history, quantity: OrderEnumeration.quantity, limit: OrderEnumeration.limit)
      var after = node.order
      if OrderEnumeration.difference(node, fact, expected, table: table, after: &after) != nil { return true }
      let next = OrderEnumeration.Node(order: after, evidence: expected.0, history: history)
      return facts > 1 && isCaughtLater(next, table, facts: facts - 1)
    }
  }

  @Test("every changed cell is caught, but for those that mean the same in every situation they meet")
  func everyCellMutated() {
    var counts: [Verdict: Int] = [:]
    var missed: [String] = []
    var uncaughtCells: [String] = []
    for state in OrderState.allCases {
      for kind in OrderFactKind.allCases {
        let verdicts = Self.mutants(of: TransitionTable.standard[state, kind]).map { mutant in
          let verdict = Self.judge(state, kind, mutant)
          if verdict == .missed { missed.append("\(state) x \(kind) -> \(mutant)") }
          return verdict
        }
        for verdict in verdicts { counts[verdict, default: 0] += 1 }
        if !verdicts.contains(.caught) { uncaughtCells.append("\(state) x \(kind)") }
      }
    }
    print("mutants: \(counts[.caught] ?? 0) caught, \(counts[.identical] ?? 0) identical in every situation")
    #expect(missed.isEmpty, "\(missed.joined(separator: "\n"))")
    #expect(uncaughtCells.isEmpty, "\(uncaughtCells)")
    #expect((counts[.caught] ?? 0) > 3000)
  }
}
