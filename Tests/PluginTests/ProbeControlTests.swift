import CAlphaLoop
import PluginProbe
import Testing

/// Every check of `AgentChecks` passes a sound agent and fails one that is broken in exactly that way.
@Suite("agent checks find what they are for")
struct ProbeControlTests {
  enum Fault: CaseIterable, Sendable {
    case none, score, silent, level, symbol, index, unsigned, early, blind, stale, unchecked, volume, future, window
    case forgets, counter, biased
  }

  /// A reversal of the last close-to-close return, 3 rows of history, with one fault.
  private static func subject(_ fault: Fault) -> AgentSubject {
    let loads = Loads()
    return AgentSubject(fixture: {
      loads.count += 1
      let load = loads.count
      return FixtureAgent(lookback: 3, forgets: fault == .forgets) { agent, input in
        agent.memory = [(agent.memory.first ?? 0) + 1]
        return (0..<Int(input.pointee.n_instruments)).compactMap { i in
          answer(i, input.pointee, fault, symbol: agent.symbols[i], evaluations: agent.memory[0], load: load)
        }
      }
    })
  }

  private final class Loads { var count = 0 }

  private static func answer(
    _ i: Int, _ input: al_input_v1, _ fault: Fault, symbol: String, evaluations: Int64, load: Int
  ) -> ProbeRow? {
    guard let window = input.windows?[i]?.pointee, let close = window.close else {
      return fault == .blind ? .view(i, 0) : .abstain(i, AL_REASON_MISSING_CAPABILITY)
    }
    let end = Int(window.first + window.count)
    guard window.count >= 3 else { return fault == .early ? .view(i, 0) : .abstain(i, AL_REASON_WARM_UP) }
    if fault != .stale, window.ts[end - 1] != input.as_of_ns { return .abstain(i, AL_REASON_STALE) }
    let (a, b, c) = (close[end - 3], close[end - 2], close[end - 1])
    if fault != .unchecked, ![a, b, c].allSatisfy({ $0 > 0 && $0.isFinite }) {
      return .abstain(i, AL_REASON_INVALID_DATA)
    }
    if fault != .volume, window.volume?[end - 1] == 0 { return .abstain(i, AL_REASON_ZERO_VOLUME) }
    // Odd in the log return without a logarithm: (b - c) / (b + c) = -tanh(r / 2).
    let score = max(-1, min(1, 40 * (b - c) / (b + c)))
    switch fault {
    case .score: return .view(i, 2 * score)
    case .silent: return score > 0 ? .view(i, score) : nil
    case .level: return .view(i, c > 100 ? score : score / 2)
    case .symbol: return .view(i, symbol.hasPrefix("R") ? score : score / 2)
    case .index: return .view(i, i == 0 ? score : score / 2)
    case .unsigned: return .view(i, abs(score))
    case .future: return .view(i, close[end] > 0 ? score : score / 2)
    case .window: return .view(i, window.count > 3 ? score / 2 : score)
    case .forgets: return .view(i, evaluations % 2 == 0 ? score : score / 2)
    case .counter: return .view(i, load % 2 == 0 ? score : score / 2)
    case .biased: return .view(i, min(1, score + 0.2))
    default: return .view(i, score)
    }
  }

  private static let market: ProbeMarket = RandomMarket.bars(instruments: 3, count: 40, seed: 3)

  private static func findings(_ fault: Fault) throws -> [String] {
    let agent = subject(fault)
    switch fault {
    case .none:
      return try AgentChecks.all(agent, second: subject(.none), market)
        + AgentChecks.renaming(agent, market) { "X" + $0 } + AgentChecks.mirror(agent, market, .log)
    case .score, .silent: return try AgentChecks.wellFormed(agent, market)
    case .level: return try AgentChecks.priceScale(agent, market)
    case .symbol: return try AgentChecks.renaming(agent, market) { "X" + $0 }
    case .index: return try AgentChecks.permutation(agent, market)
    case .unsigned: return try AgentChecks.mirror(agent, market, .log)
    case .early: return try AgentChecks.warmUp(agent, market)
    case .blind: return try AgentChecks.missingCapability(agent, market)
    case .stale: return try AgentChecks.stale(agent, market)
    case .unchecked: return try AgentChecks.brokenPrice(agent, market)
    case .volume: return try AgentChecks.zeroVolume(agent, market)
    case .future: return try AgentChecks.noLookAhead(agent, market)
    case .window: return try AgentChecks.extraHistory(agent, market)
    case .forgets: return try AgentChecks.resume(agent, market)
    case .counter: return try AgentChecks.sameAnswers(agent, agent, market)
    case .biased: return try meanZero(agent)
    }
  }

  private static func meanZero(_ agent: AgentSubject) throws -> [String] {
    try AgentChecks.meanZero(agent, lastOnly: true) { RandomMarket.bars(instruments: 1, count: 5, seed: $0) }
  }

  @Test("a sound agent passes every check")
  func sound() throws {
    #expect(try Self.findings(.none) == [])
    #expect(try Self.meanZero(Self.subject(.none)) == [])
  }

  @Test("a broken agent fails its check", arguments: Fault.allCases.filter { $0 != .none })
  func broken(_ fault: Fault) throws {
    #expect(try !Self.findings(fault).isEmpty)
  }
}
