import CAlphaLoop
import Testing

@Suite("Sizing policies through their shared library")
struct SizingTests {
  static func target(
    weight: Double = 0, price: Int64 = 100 * AL_UNIT, lot: Int64 = AL_UNIT, multiplier: Int64 = AL_UNIT,
    held: Int64 = 0, quantity: Int64? = nil
  ) -> al_target_v1 {
    var t = al_target_v1()
    t.weight = weight
    t.price = price
    t.lot = lot
    t.multiplier = multiplier
    t.held = held
    t.is_quantity = quantity == nil ? 0 : 1
    t.quantity = quantity ?? 0
    return t
  }

  func size(
    _ id: String, _ parameters: [String: Parameter], equity: Int64 = 1_000_000 * AL_UNIT, _ targets: [al_target_v1]
  ) throws -> [al_target_v1] {
    let plugin = try PluginUnderTest(Libraries.product("sizing"), id, parameters)
    let table = try #require(plugin.interface("alphaloop.policy/1", as: al_policy_v1.self))
    _ = plugin.start()
    var targets = targets
    let status = targets.withUnsafeMutableBufferPointer {
      var sizing = al_sizing_v1()
      sizing.n = UInt32($0.count)
      sizing.equity = equity
      sizing.targets = $0.baseAddress
      return table.pointee.size_targets(plugin.ctx, &sizing, nil)
    }
    #expect(status == AL_OK)
    return targets
  }

  @Test("fixed_quantity: the weight gives the direction, the lot rounds toward zero, quantities pass")
  func fixed() throws {
    let sized = try size(
      "policy.fixed_quantity", ["quantity": .number(105)],
      [
        Self.target(weight: 0.01), Self.target(weight: -0.9, lot: 10 * AL_UNIT), Self.target(weight: 0, held: 7),
        Self.target(held: 3, quantity: -12_345), Self.target(weight: .nan, held: 5),
      ])
    #expect(sized.map(\.quantity) == [105 * AL_UNIT, -100 * AL_UNIT, 0, -12_345, 5])
    #expect(sized.map(\.reason) == [0, 0, 0, 0, AL_REASON_INVALID_DATA])
  }

  /// 0.29 x 1,000,000 / 29 = 10,000 exactly: a Double's last bit must not cost a lot.
  @Test(
    "target_weight: weight x equity / (price x multiplier), floored toward zero, capped",
    arguments: [
      (0.05, 100 * AL_UNIT, AL_UNIT, AL_UNIT, 500 * AL_UNIT),
      (-0.05, 100 * AL_UNIT, AL_UNIT, AL_UNIT, -500 * AL_UNIT),
      (0.29, 29 * AL_UNIT, AL_UNIT, AL_UNIT, 10_000 * AL_UNIT),
      (0.05, 333 * AL_UNIT, AL_UNIT, AL_UNIT, 150 * AL_UNIT),
      (-0.05, 333 * AL_UNIT, AL_UNIT, AL_UNIT, -150 * AL_UNIT),
      (0.05, 333 * AL_UNIT, 100 * AL_UNIT, AL_UNIT, 100 * AL_UNIT),
      (0.05, 4 * AL_UNIT, AL_UNIT, 100 * AL_UNIT, 125 * AL_UNIT),
      (0.9, 100 * AL_UNIT, AL_UNIT, AL_UNIT, 3_000 * AL_UNIT),
      (0.05, 300 * AL_UNIT, 0, AL_UNIT, 16_666_666_666),
    ])
  func weights(weight: Double, price: Int64, lot: Int64, multiplier: Int64, expected: Int64) throws {
    let sized = try size(
      "policy.target_weight", ["cap": .number(0.3)],
      [Self.target(weight: weight, price: price, lot: lot, multiplier: multiplier)])
    #expect(sized[0].quantity == expected)
    #expect(sized[0].reason == 0)
  }

  @Test("target_weight: without a price the position stays, with a weight of 0 it goes flat all the same")
  func prices() throws {
    let sized = try size(
      "policy.target_weight", ["cap": .number(0.3)],
      [
        Self.target(weight: 0.1, price: 0, held: 7), Self.target(weight: .infinity, held: 7),
        Self.target(weight: 0, price: 0, held: 7), Self.target(weight: 0.1, price: 1, held: 7),
      ])
    // 0.1 x 1,000,000 at a price of 1e-8 is 1e13 units, 1e21 in fixed point: it does not fit.
    #expect(sized.map(\.quantity) == [7, 7, 0, 7])
    #expect(sized.map(\.reason) == [AL_REASON_INVALID_DATA, AL_REASON_INVALID_DATA, 0, AL_REASON_INVALID_DATA])
  }

  @Test("target_weight: with no equity nothing is held, and a negative equity does not turn longs into shorts")
  func equity() throws {
    let sized = try size(
      "policy.target_weight", ["cap": .number(0.3)], equity: -1000 * AL_UNIT, [Self.target(weight: 0.1, held: 7)])
    #expect(sized[0].quantity == 0)
    #expect(sized[0].reason == AL_REASON_DEGENERATE)
  }

  @Test("target_weight: a quantity is cut to the cap and never raised")
  func tightens() throws {
    let sized = try size(
      "policy.target_weight", ["cap": .number(0.3)],
      [
        Self.target(quantity: 9_999 * AL_UNIT), Self.target(quantity: -9_999 * AL_UNIT), Self.target(quantity: 12_345),
        Self.target(price: 0, held: 3, quantity: 8), Self.target(price: 0, held: 3, quantity: 0),
      ])
    #expect(sized.map(\.quantity) == [3_000 * AL_UNIT, -3_000 * AL_UNIT, 12_345, 3, 0])
  }
}
