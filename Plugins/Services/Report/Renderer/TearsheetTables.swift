import AlphaLoopKit

/// The tables below the charts: who earned what, and everything that was stopped, refused or broken.
struct TearsheetTables {
  let analysis: RunAnalysis
  let parts: PageParts

  private typealias Cell = PageParts.Cell
  private typealias Column = PageParts.Column

  private var run: RunDocument { analysis.run }

  /// Rows of a table of events before it is cut; counts above it then cover every event.
  static let rowLimit = 200

  var agents: HTML {
    let columns = [
      Column("Agent"), Column("Tier"), Column("Family"), Column("Weight", .number), Column("Realised", .number),
      Column("Unrealised", .number), Column("Fees", .number), Column("Net", .number), Column("Trades", .number),
      Column("Won", .number), Column("Views", .number), Column("Abstained"), Column("Refused"),
    ]
    let rows = analysis.rankedAgents.map { agent in
      let profits = analysis.profitsByAgent[agent.agent] ?? []
      return [
        Cell(agent.agent), Cell(agent.tier), Cell(agent.family),
        agent.weight.map { Cell(NumberText.fixed($0, decimals: 3)) } ?? Cell(undefined: "it was given no weight"),
        Cell(money: agent.realised), Cell(money: agent.unrealised), Cell(agent.fees.formatted(decimals: 2)),
        Cell(money: agent.total), Cell(NumberText.integer(profits.count)),
        Cell(MetricRow.Cell(Performance.winRate(profits)) { NumberText.percent($0, decimals: 0) }),
        Cell(NumberText.integer(agent.views)), Cell(Self.reasons(agent.abstentions)),
        Cell(Self.reasons(agent.refusals)),
      ]
    }
    return run.agents.isEmpty
      ? PageParts.paragraph("No agent took part.") : parts.table("Agents, \(run.currency)", columns, rows)
  }

  private static func reasons(_ counts: [RunDocument.ReasonCount]) -> String {
    let present = counts.filter { $0.count > 0 }
    return present.isEmpty
      ? "none" : present.map { "\($0.reason) \(NumberText.integer($0.count))" }.joined(separator: ", ")
  }

  var instruments: HTML {
    let columns = [
      Column("Instrument"), Column("Held", .number), Column("Realised", .number), Column("Unrealised", .number),
      Column("Fees", .number), Column("Net", .number),
    ]
    let rows = run.instruments.map {
      [
        Cell($0.instrument), Cell($0.quantity.exact()), Cell(money: $0.realised), Cell(money: $0.unrealised),
        Cell($0.fees.formatted(decimals: 2)), Cell(money: $0.total),
      ]
    }
    return run.instruments.isEmpty
      ? PageParts.paragraph("Nothing was traded.") : parts.table("Instruments, \(run.currency)", columns, rows)
  }

  var halts: HTML {
    guard !run.halts.isEmpty else { return PageParts.paragraph("No halt: the kill switch stayed armed.") }
    let columns = [
      Column("Time, UTC", .time), Column("Trigger"), Column("From"), Column("To"), Column("Actor"), Column("Reason"),
      Column("Numbers"),
    ]
    let rows = run.halts.map {
      [
        Cell(NumberText.time($0.time)), Cell($0.trigger), Cell($0.from), Cell($0.to), Cell($0.actor),
        Cell($0.reason), Cell(Self.text($0.numbers)),
      ]
    }
    return parts.table("Every halt and release", columns, rows)
  }

  private static func text(_ numbers: [RunDocument.Number]) -> String {
    numbers.map { "\($0.name) \($0.text)" }.joined(separator: ", ")
  }

  var denials: HTML {
    guard !run.denials.isEmpty else { return PageParts.paragraph("The gate denied no order.") }
    let columns = [
      Column("Time, UTC", .time), Column("Instrument"), Column("Agent"), Column("Reason"), Column("Numbers"),
    ]
    let rows = run.denials.prefix(Self.rowLimit).map {
      [
        Cell(NumberText.time($0.time)), Cell($0.instrument), Cell($0.agent), Cell($0.reason),
        Cell(Self.text($0.numbers)),
      ]
    }
    guard run.denials.count > Self.rowLimit else { return parts.table("Every denial", columns, rows) }
    let total = NumberText.integer(run.denials.count)
    return denialCounts + parts.table("Denials: the first \(Self.rowLimit) of \(total)", columns, rows)
  }

  /// Every denial counted by reason, agent and instrument, the most frequent first.
  private var denialCounts: HTML {
    struct Key: Hashable, Comparable {
      var reason: String
      var agent: String
      var instrument: String

      static func < (a: Key, b: Key) -> Bool {
        (a.reason, a.agent, a.instrument) < (b.reason, b.agent, b.instrument)
      }
    }
    var counts: [Key: Int] = [:]
    for denial in run.denials {
      counts[Key(reason: denial.reason, agent: denial.agent, instrument: denial.instrument), default: 0] += 1
    }
    let sorted = counts.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }
    let rows = sorted.map { key, count in
      [Cell(key.reason), Cell(key.agent), Cell(key.instrument), Cell(NumberText.integer(count))]
    }
    return parts.table(
      "Denials, all \(NumberText.integer(run.denials.count)) counted",
      [Column("Reason"), Column("Agent"), Column("Instrument"), Column("Count", .number)], rows)
  }

  var faults: HTML {
    guard !run.faults.isEmpty else { return PageParts.paragraph("No plugin failed.") }
    let columns = [
      Column("First, UTC", .time), Column("Last, UTC", .time), Column("Count", .number), Column("Plugin"),
      Column("Agent"),
      Column("Kind"), Column("Detail"),
    ]
    let rows = run.faults.map {
      [
        Cell(NumberText.time($0.time)), Cell(NumberText.time($0.last)), Cell(NumberText.integer($0.count)),
        Cell($0.plugin),
        Cell($0.agent), Cell($0.kind), Cell($0.detail),
      ]
    }
    return parts.table("Faults, all \(NumberText.integer(run.faultCount)) counted", columns, rows)
  }

  /// The closed trades that mattered most: up to ten of the best and ten of the worst.
  var trades: HTML {
    let ranked = run.trades.enumerated().sorted {
      $0.element.profit == $1.element.profit
        ? $0.offset < $1.offset : $0.element.profit > $1.element.profit
    }.map(\.element)
    guard !ranked.isEmpty else { return PageParts.paragraph("No trade was closed.") }
    let columns = [
      Column("Opened, UTC", .time), Column("Held", .number), Column("Instrument"), Column("Agent"),
      Column("Quantity", .number), Column("Entry", .number), Column("Exit", .number), Column("Fees", .number),
      Column("Net", .number),
    ]
    let shown = ranked.count <= 20 ? ranked : Array(ranked.prefix(10) + ranked.suffix(10))
    let rows = shown.map {
      [
        Cell(NumberText.time($0.opened)),
        Cell(NumberText.duration(seconds: (Double($0.closed) - Double($0.opened)) / 1e9)), Cell($0.instrument),
        Cell($0.agent), Cell($0.quantity.exact()), Cell($0.entryPrice.exact(minimumDecimals: 2)),
        Cell($0.exitPrice.exact(minimumDecimals: 2)), Cell($0.fees.formatted(decimals: 2)), Cell(money: $0.profit),
      ]
    }
    let title =
      shown.count < ranked.count
      ? "Closed trades, \(run.currency): the best and worst 10 of \(NumberText.integer(ranked.count))"
      : "Closed trades, \(run.currency)"
    return parts.table(title, columns, rows)
  }

  static let fillLimit = 30

  var fills: HTML {
    guard !run.fills.isEmpty else { return PageParts.paragraph("No order was filled.") }
    let columns = [
      Column("Time, UTC", .time), Column("Instrument"), Column("Quantity", .number), Column("Price", .number),
      Column("Fee", .number), Column("For agents"),
    ]
    let rows = run.fills.suffix(Self.fillLimit).map { fill in
      let shares = fill.agents.map { "\($0.agent) \(NumberText.percent($0.share, decimals: 0))" }
      return [
        Cell(NumberText.time(fill.time)), Cell(fill.instrument), Cell(fill.quantity.exact()),
        Cell(fill.price.exact(minimumDecimals: 2)), Cell(fill.fee.exact(minimumDecimals: 2)),
        Cell(shares.joined(separator: ", ")),
      ]
    }
    let count = NumberText.integer(run.fills.count)
    let title = run.fills.count > Self.fillLimit ? "Fills: the last \(Self.fillLimit) of \(count)" : "Fills"
    return parts.table(title, columns, rows)
  }

  var sources: HTML {
    guard !run.sources.isEmpty else { return PageParts.paragraph("The run names no data source.") }
    let rows = run.sources.map { [Cell($0.name), Cell($0.licence), Cell($0.detail)] }
    return parts.table("Data sources", [Column("Source"), Column("Licence"), Column("Detail")], rows)
  }

  var metrics: HTML {
    let hasBenchmark = analysis.benchmark != nil
    return .joined(
      analysis.metricGroups.map { group in
        let isPaired = hasBenchmark && group.rows.contains { $0.benchmark != nil }
        let rows = group.rows.map { row in
          let name: HTML = row.note.isEmpty ? HTML(row.name) : .element("abbr", ["title": row.note], row.name)
          var cells = [HTML.element("td", [:], [name]), .element("td", ["class": "n"], [Cell(row.strategy).content])]
          if isPaired {
            let content = row.benchmark.map { Cell($0).content } ?? .empty
            cells.append(.element("td", ["class": "n sub"], [content]))
          }
          return HTML.element("tr", [:], cells)
        }
        let heads = [group.name, "Strategy"] + (isPaired ? ["Benchmark"] : [])
        let head = heads.enumerated().map {
          $0 == 0 ? HTML.element("th", [:], $1) : .element("th", ["class": "n"], $1)
        }
        return .element(
          "section", ["class": "keep"],
          [
            .element(
              "table", ["class": "m"],
              [.element("thead", [:], [.element("tr", [:], head)]), .element("tbody", [:], rows)])
          ]) + .literal("\n")
      })
  }
}
