import Foundation
import TWSProtocol
import Testing

@Suite struct TWSRequestTests {
  @Test func probe() throws {
    var counts: [String: Int] = [:]
    for v in try TWSRequestVectors().vectors {
      let version = try #require(ServerVersion(v.serverVersion))
      let ours = try twsRequest(v.method, v.arguments).frame(version)
      if ours == v.frame { counts["same \(v.client)", default: 0] += 1; continue }
      let a = ours.dropFirst(4).split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
      let b = v.frame.dropFirst(4).split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
      if a.count != b.count { print("COUNT", v.client, v.name, a, b); counts["count \(v.client)", default: 0] += 1; continue }
      for (i, (x, y)) in zip(a, b).enumerated() where x != y {
        counts["DIFF \(v.client) \(v.method) \(i) ours '\(x)' theirs '\(y)'", default: 0] += 1
      }
      counts["differ \(v.client)", default: 0] += 1
    }
    for (k, n) in counts.sorted(by: { $0.key < $1.key }) { print(n, k) }
  }
}
