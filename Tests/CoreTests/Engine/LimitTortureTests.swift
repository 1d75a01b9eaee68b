import CAlphaLoop
import Foundation
import Testing

@testable import AlphaLoopCore

@Suite("Random orders, prices and facts: no order goes out that breaches a limit, no denial is for another reason")
struct LimitTortureTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let sequences = UInt64(environment["TORTURE_SEQUENCES"] ?? "") ?? 1000
  private static let firstSeed = UInt64(environment["TORTURE_SEED"] ?? "") ?? 1

  private func campaign(_ seeds: Range<UInt64>, told: (Limits) -> Limits = { $0 }) throws -> LimitTorture.Counts {
    var counts = LimitTorture.Counts()
    for seed in seeds {
      var torture = try LimitTorture(seed: seed, told: told)
      torture.run(steps: 12, &counts)
    }
    return counts
  }

  @Test("as many sequences as asked for")
  func limits() throws {
    let counts = try campaign(Self.firstSeed..<Self.firstSeed + Self.sequences)
    let denied = counts.denied.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
    print(
      "{\"torture\":\"limits\",\"seed\":\(Self.firstSeed),\"sequences\":\(Self.sequences),\"orders\":\(counts.orders),"
        + "\"accepted\":\(counts.accepted),\"denied\":{\(denied)},\"breaches\":\(counts.breaches),"
        + "\"wrong_reasons\":\(counts.wrongReasons),\"passed\":\(counts.breaches + counts.wrongReasons == 0)}")
    #expect(counts.breaches == 0, "\(counts.first ?? "")")
    #expect(counts.wrongReasons == 0, "\(counts.first ?? "")")
    // Whatever a limit can say was said, so that none of it went untried.
    guard Self.sequences >= 1000 else { return }
    let all: Set<UInt16> = [
      AL_DENY_HALTED, AL_DENY_POSITION_SIZE, AL_DENY_POSITION_COUNT, AL_DENY_GROSS, AL_DENY_NET, AL_DENY_SECTOR,
      AL_DENY_PRICE_COLLAR, AL_DENY_STALE_QUOTE, AL_DENY_DUPLICATE, AL_DENY_ORDER_RATE, AL_DENY_MESSAGE_RATE,
      AL_DENY_BUYING_POWER, AL_DENY_RESTRICTED, AL_DENY_LOCATE, AL_DENY_UNKNOWN_WORKING, AL_DENY_NOT_TRADABLE,
      AL_DENY_ORDER_SIZE, AL_DENY_NO_PRICE,
    ]
    #expect(all.subtracting(counts.denied.keys).isEmpty)
  }

  /// The model believes in a limit a little tighter, or wider, than the engine has.
  struct Belief: Sendable, CustomStringConvertible {
    var description: String
    var change: @Sendable (inout Limits) -> Void
    var isTighter: Bool
  }

  private static func scaled(_ limit: MoneyLimit, _ percent: Int64) -> MoneyLimit {
    switch limit {
    case .none: .none
    case .money(let m): .money(Money(raw: m.raw / 100 * percent))
    case .ofEquity(let ppm): .ofEquity(ppm: ppm * percent / 100)
    }
  }

  private static func beliefs(_ percent: Int64) -> [Belief] {
    func belief(_ name: String, _ change: @escaping @Sendable (inout Limits) -> Void) -> Belief {
      Belief(description: "\(name) \(percent) %", change: change, isTighter: percent < 100)
    }
    return [
      belief("position") { $0.maxPosition = scaled($0.maxPosition, percent) },
      belief("order") { $0.maxOrder = scaled($0.maxOrder, percent) },
      belief("gross") { $0.maxGross = scaled($0.maxGross, percent) },
      belief("net") { $0.maxNet = scaled($0.maxNet, percent) },
      belief("sector") { $0.maxSector = scaled($0.maxSector, percent) },
      belief("buying power") { $0.buyingPowerPPM = $0.buyingPowerPPM * percent / 100 },
    ]
  }
  static let beliefs: [Belief] = beliefs(98) + beliefs(102)

  @Test("a limit that is off by two percent is noticed", arguments: beliefs)
  func control(_ belief: Belief) throws {
    let counts = try campaign(1..<600) { limits in
      var limits = limits
      belief.change(&limits)
      return limits
    }
    #expect((belief.isTighter ? counts.breaches : counts.wrongReasons) > 0)
  }

  @Test("working orders that are not counted at their worst are noticed")
  func committed() throws {
    let counts = try campaign(1..<200) { limits in
      var limits = limits
      limits.pendingExposure = limits.pendingExposure == .committed ? .worstCase : .committed
      return limits
    }
    #expect(counts.breaches > 0)
    #expect(counts.wrongReasons > 0)
  }
}
