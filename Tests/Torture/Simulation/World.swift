import PluginProbe

let second: Int64 = 1_000_000_000

/// What is to happen, by time, then in the order of asking.
struct Agenda {
  private struct Entry {
    var time: Int64
    var number: UInt64
    var action: () -> Void
  }
  /// Soonest last.
  private var entries: [Entry] = []
  private var asked: UInt64 = 0

  var next: Int64 { entries.last?.time ?? .max }

  mutating func add(_ time: Int64, _ action: @escaping () -> Void) {
    asked += 1
    var place = entries.count
    while place > 0, entries[place - 1].time <= time { place -= 1 }
    entries.insert(Entry(time: time, number: asked, action: action), at: place)
  }

  mutating func take() -> (() -> Void)? { entries.popLast()?.action }
}

/// Time, chance and what was seen, of one run: all of it follows from the seed.
final class World {
  /// The time that passes, ns; the clocks of the parties are made of it.
  private(set) var now: Int64
  var random: SeededRandom
  /// What the exchange, the network and the weather have yet to do.
  private var outside = Agenda()
  /// What the host has yet to do.
  private var inside = Agenda()
  private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  private(set) var violations: [String] = []
  private(set) var counts = Counts()
  var log: ((String) -> Void)?

  init(seed: UInt64, start: Int64) {
    now = start
    random = SeededRandom(seed: seed)
  }

  // MARK: chance

  func chance(_ share: Double) -> Bool { random.uniform() < share }
  func pick(_ range: ClosedRange<Int64>) -> Int64 {
    range.lowerBound + Int64(random.next() % UInt64(range.upperBound - range.lowerBound + 1))
  }

  // MARK: time

  func after(_ delay: Int64, _ action: @escaping () -> Void) { outside.add(now + max(delay, 0), action) }
  func hostAfter(_ delay: Int64, _ action: @escaping () -> Void) { inside.add(now + max(delay, 0), action) }
  func hostAt(_ time: Int64, _ action: @escaping () -> Void) { inside.add(max(time, now), action) }

  /// The host waits: the others go on.
  func pass(_ span: Int64) {
    let end = now + span
    while outside.next <= end {
      now = max(now, outside.next)
      outside.take()?()
    }
    now = end
  }

  /// The next thing that anybody does; false after `end`.
  func step(until end: Int64) -> Bool {
    let next = min(outside.next, inside.next)
    if next > end {
      now = max(now, end)
      return false
    }
    now = max(now, next)
    counts.steps += 1
    if outside.next <= inside.next { outside.take()?() } else { inside.take()?() }
    return true
  }

  // MARK: what was seen

  func note(_ values: Int64...) {
    for value in values { hash = (hash ^ UInt64(bitPattern: value)) &* 0x0000_0100_0000_01b3 }
  }

  func note(_ text: String) {
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    log?("\(Double(now % 86_400_000_000_000) / 1e9) \(text)")
  }

  func violate(_ text: String) {
    note("violation: \(text)")
    if violations.count < 20 { violations.append(text) }
  }

  func count(_ change: (inout Counts) -> Void) { change(&counts) }
  func fault(_ kind: String) {
    counts.faults[kind, default: 0] += 1
    note("fault \(kind)")
  }
}

struct Counts: Encodable {
  var steps = 0
  var orders = 0
  var fills = 0
  var corrections = 0
  var cancels = 0
  var commands = 0
  var starts = 0
  var crashes = 0
  var powerCuts = 0
  var reconciliations = 0
  var halts = 0
  /// Comparisons of the folded journal with the account that ran.
  var folds = 0
  var replays = 0
  var faults: [String: Int] = [:]

  mutating func add(_ o: Counts) {
    steps += o.steps
    orders += o.orders
    fills += o.fills
    corrections += o.corrections
    cancels += o.cancels
    commands += o.commands
    starts += o.starts
    crashes += o.crashes
    powerCuts += o.powerCuts
    reconciliations += o.reconciliations
    halts += o.halts
    folds += o.folds
    replays += o.replays
    faults.merge(o.faults, uniquingKeysWith: +)
  }
}

/// How often what goes wrong; drawn anew for each seed, so that each kind is also seen alone.
struct Weather {
  /// Of messages.
  var dropped = 0.0
  var duplicated = 0.0
  var slow = 0.0
  /// Breaks of the line, one in so long; 0: none. Seconds, as all below.
  var breaks: Double = 0
  var queriesFail = 0.0
  var submitsFail = 0.0
  var acksLost = 0.0
  var acceptsAtOnce = false
  var rejects = 0.0
  var corrections = 0.0
  var busts = 0.0
  var feesLater = 0.0
  var crashes: Double = 0
  /// Of the crashes.
  var power = 0.0
  var disk: Double = 0
  var clocks: Double = 0
  var commands: Double = 0
  var foreign: Double = 0
  var forgetsEnded = false
  var stalls = 0.0

  init(_ world: World) {
    func some(_ share: Double, _ most: Double) -> Double { world.chance(share) ? world.random.uniform() * most : 0 }
    func every(_ share: Double, _ range: ClosedRange<Int64>) -> Double {
      world.chance(share) ? Double(world.pick(range)) : 0
    }
    dropped = some(0.4, 0.05)
    duplicated = some(0.5, 0.3)
    slow = some(0.5, 0.3)
    breaks = every(0.6, 200...3000)
    queriesFail = some(0.4, 0.3)
    submitsFail = some(0.3, 0.2)
    acksLost = some(0.4, 0.3)
    acceptsAtOnce = world.chance(0.2)
    rejects = some(0.5, 0.1)
    corrections = some(0.4, 0.1)
    busts = some(0.3, 0.05)
    feesLater = some(0.6, 1)
    crashes = every(0.6, 300...4000)
    power = some(0.5, 1)
    disk = every(0.3, 500...5000)
    clocks = every(0.3, 500...4000)
    commands = every(0.5, 400...4000)
    foreign = every(0.2, 1000...6000)
    forgetsEnded = world.chance(0.5)
    stalls = some(0.2, 0.05)
  }
}
