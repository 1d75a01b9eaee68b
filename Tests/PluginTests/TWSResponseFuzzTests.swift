import TWSProtocol
import Testing

/// SplitMix64: the same numbers on every run.
private struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite struct TWSResponseFuzzTests {
  private static let extremes = [
    "2147483647", "-2147483648", "2147483648", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
    "1.7976931348623157E308", "1E999", "1E-9223372036854775808", "-", "", "NaN", "Infinity", "0x7f",
    "99999999999999999999",
    "1e40", "1e-40", "65536", "None", "\\ud800", "\\u", ".", "-.", "E5", "00000000000000000000000000000001",
  ].map { Array($0.utf8) }

  private func mutate(_ payload: inout [UInt8], _ random: inout Seeded) {
    guard !payload.isEmpty else { return }
    let place = Int.random(in: 0..<payload.count, using: &random)
    switch Int.random(in: 0..<6, using: &random) {
    case 0: payload[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: payload.removeSubrange(place...)
    case 2: payload.insert(0, at: place)
    case 3: payload[place] = UInt8.random(in: 0...255, using: &random)
    default:
      // One whole field becomes a number at some limit, a count among them.
      let start = (payload[..<place].lastIndex(of: 0) ?? -1) + 1
      let end = payload[place...].firstIndex(of: 0) ?? payload.count
      guard start <= end, let text = Self.extremes.randomElement(using: &random) else { return }
      payload.replaceSubrange(start..<end, with: text)
    }
  }

  @Test func noBytesMakeADecoderTrap() throws {
    let payloads = try Vector.all().flatMap { vector in
      vector.bytes.map { (Array($0.dropFirst(4)), ServerVersion(vector.version)) }
    }
    let versions = ServerVersion.supported.compactMap { ServerVersion($0) }
    var random = Seeded(state: 20_261_124)
    var (good, bad) = (0, 0)
    let clock = ContinuousClock()
    let took = try clock.measure {
      for round in 0..<200_000 {
        var (payload, own) = payloads[round % payloads.count]
        for _ in 0..<Int.random(in: 1...3, using: &random) { mutate(&payload, &random) }
        let other = versions.randomElement(using: &random)
        let version = try #require(round % 8 == 0 ? other : own)
        do {
          _ = try Response.receive(payload[...], version)
          good += 1
        } catch { bad += 1 }
        _ = Response.losesState(payload[...])
      }
    }
    print("TWSResponse: \(good) mutated messages decoded, \(bad) refused, in \(took)")
    #expect(good + bad == 200_000 && bad > 10_000)
  }

  /// The time per byte must not grow with the message: lists in lists, forged counts and unknown messages included.
  @Test func timeGrowsWithTheBytesOnly() throws {
    let version = try #require(ServerVersion(200))
    let heads = ["79|1|100000|", "75|1|X|1|X|1|100000|", "17|1|100000|", "777|", "82|1|1000000|", "85|50000|", "4|"]
    for head in heads {
      func seconds(_ size: Int) -> Double {
        let text = Array(head.replacing("|", with: "\u{0}").utf8)
        let payload = text + [UInt8](repeating: 0, count: size / 2) + [UInt8](repeating: 49, count: size / 2)
        let took = ContinuousClock().measure { _ = try? Response.receive(payload[...], version) }
        return Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18
      }
      let (small, large) = (seconds(50_000), seconds(1_000_000))
      #expect(large < 20 * 5 * small + 0.5, "\(head): \(small) s, \(large) s")
    }
  }
}
