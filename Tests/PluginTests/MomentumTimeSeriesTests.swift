import CAlphaLoop
import PluginProbe
import Testing

@Suite("mom.tsmom")
struct MomentumTimeSeriesTests {
  let library: ProbeLibrary
  init() throws { library = try ProbeLibrary("momentum") }

  private func closes(drift: Double, noise: Double = 0, seed: UInt64 = 7, count: Int = 300) -> [Double] {
    var random = SeededRandom(seed: seed)
    var price = 100.0
    return (0..<count).map { _ in
      defer { price *= 1 + drift + noise * random.gaussian() }
      return price
    }
  }

  private func last(_ closes: [Double]) throws -> ProbeAnswer {
    let market = ProbeMarket([ProbeInstrument("AAA", closes: closes)])
    return try #require(try ProbeAgent(library, "mom.tsmom", market).run(market).last)
  }

  @Test("a constant drift scores +1, the mirrored one -1")
  func constantDrift() throws {
    let up = try #require(try last(closes(drift: 0.001)).view(0))
    let down = try #require(try last(closes(drift: -0.001)).view(0))
    #expect(abs(up.value - 1) < 1e-9)
    #expect(abs(down.value + 1) < 1e-9)
  }
}
