import CAlphaLoop
import PluginProbe
import Testing

/// Agents with one fault each: every check of rows other than views must find its own.
@Suite("checks of rows other than views: negative controls")
struct ExecutiveControlTests {
  private func subject(_ rows: @escaping (UnsafePointer<al_input_v1>) -> [ProbeRow]) -> AgentSubject {
    AgentSubject { FixtureAgent(lookback: 2) { _, input in rows(input) } }
  }

  private func close(_ input: UnsafePointer<al_input_v1>, _ i: Int) -> Double {
    guard let window = input.pointee.windows[i]?.pointee, window.count > 0 else { return .nan }
    return window.close[Int(window.first + window.count) - 1]
  }

  private func multiplier(_ i: Int, _ value: Double) -> ProbeRow {
    var row = ProbeRow(kind: AL_ROW_MULTIPLIER, instrument: i)
    row.value = value
    return row
  }

  private let market = RandomMarket.bars(instruments: 3, count: 6, seed: 1)

  @Test("a multiplier of the price's level fails the scale")
  func level() throws {
    let faulty = subject { input in (0..<3).map { multiplier($0, 1 / close(input, $0)) } }
    #expect(try !AgentChecks.priceScaleOfRows(faulty, market).isEmpty)
    let sound = subject { input in (0..<3).map { multiplier($0, 1 / (1 + close(input, 0) / close(input, 0))) } }
    #expect(try AgentChecks.priceScaleOfRows(sound, market) == [])
  }

  @Test("a multiplier by place in the universe fails the order, one by price passes")
  func place() throws {
    let faulty = subject { _ in (0..<3).map { multiplier($0, Double($0) / 2) } }
    #expect(try !AgentChecks.permutationOfRows(faulty, market).isEmpty)
    let sound = subject { input in (0..<3).map { multiplier($0, 1 / close(input, $0)) } }
    #expect(try AgentChecks.permutationOfRows(sound, market) == [])
  }

  @Test("an agent that only abstains has shown nothing")
  func silent() throws {
    let faulty = subject { _ in [.abstain(-1, AL_REASON_NO_SIGNAL)] }
    #expect(try !AgentChecks.priceScaleOfRows(faulty, market).isEmpty)
    #expect(try !AgentChecks.permutationOfRows(faulty, market).isEmpty)
  }
}
