/// Reproducible random numbers (SplitMix64); a stream for each purpose, so that none disturbs another.
struct SeededStream {
  private var state: UInt64

  init(_ seed: UInt64, _ purpose: String) {
    // FNV-1a of the purpose tells the streams of one seed apart.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in purpose.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    state = seed &* 0x9E37_79B9_7F4A_7C15 ^ hash
    _ = next()
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// 0 up to, but not including, the bound.
  mutating func below(_ bound: Int) -> Int { bound < 2 ? 0 : Int(next() % UInt64(bound)) }

  /// 0 up to, but not including, 1.
  mutating func unit() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }

  /// About a normal deviate: the sum of four uniform ones, scaled to variance 1.
  mutating func deviate() -> Double { (unit() + unit() + unit() + unit() - 2) * 1.732_050_807_568_877_2 }
}
