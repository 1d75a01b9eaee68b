/// Whose an order or a fill is: one agent, or a group of agents with shares (`Ownership`).
@frozen public struct Owner: Hashable, Sendable, BitwiseCopyable {
  public let raw: UInt32
  @inlinable @inline(__always) init(raw: UInt32) { self.raw = raw }

  @usableFromInline static let groupBit: UInt32 = 1 << 31

  /// - Parameter index: of the agent, below 2^31.
  @inlinable @inline(__always) public static func agent(_ index: UInt32) -> Owner { Owner(raw: index & ~groupBit) }
  @inlinable @inline(__always) static func group(_ index: UInt32) -> Owner { Owner(raw: index | groupBit) }

  @inlinable @inline(__always) public var isGroup: Bool { raw >= Self.groupBit }
  /// The agent's or the group's index.
  @inlinable @inline(__always) public var index: UInt32 { raw & ~Self.groupBit }
}

/// The groups of agents behind netted orders and their shares, kept once each for the life of the ledger, so that a fill
/// that comes after its order was forgotten by the pool still finds its owners.
public struct Ownership {
  public struct Share: Hashable, Sendable {
    public var agent: UInt32
    /// Relative weight, at least 1; a natural choice is the quantity the agent asked for, in 1e-8 units.
    public var weight: Int64

    public init(agent: UInt32, weight: Int64) {
      self.agent = agent
      self.weight = weight
    }
  }

  private var groups: [[Share]] = []
  private var known: [[Share]: UInt32] = [:]

  public init() {}

  /// The owner for these shares: the agent itself when there is one. Nil when the list is empty, a weight is below 1 or an
  /// agent appears twice.
  public mutating func owner(of shares: [Share]) -> Owner? {
    guard let first = shares.first, shares.allSatisfy({ $0.weight >= 1 && $0.agent < Owner.groupBit }) else {
      return nil
    }
    if shares.count == 1 { return .agent(first.agent) }
    let sorted = shares.sorted { $0.agent < $1.agent }
    for (a, b) in zip(sorted, sorted.dropFirst()) where a.agent == b.agent { return nil }
    if let index = known[sorted] { return .group(index) }
    let index = UInt32(groups.count)
    groups.append(sorted)
    known[sorted] = index
    return .group(index)
  }

  /// The shares behind an owner, by ascending agent; empty for a group that this ownership never gave out.
  public func shares(of owner: Owner) -> [Share] {
    if !owner.isGroup { return [Share(agent: owner.index, weight: 1)] }
    return owner.index < groups.count ? groups[Int(owner.index)] : []
  }
}
