import CAlphaLoop

/// Turns target weights into quantities. May only tighten: it never asks for more than it was given.
public protocol RiskPolicy: Plugin, ~Copyable {
  /// Fills `quantity` and `reason` of every target. Deterministic, no allocation.
  mutating func size(_ sizing: Sizing) throws(PluginError)
}

/// The targets of one as-of time, and the money behind them. Valid during the call.
public struct Sizing {
  @usableFromInline let c: UnsafeMutablePointer<al_sizing_v1>
  @inlinable init(_ c: UnsafeMutablePointer<al_sizing_v1>) { self.c = c }

  /// As-of time, ns UTC.
  @inlinable public var asOf: Int64 { c.pointee.as_of_ns }
  /// Money in 1e-8 units.
  @inlinable public var equity: Int64 { c.pointee.equity }
  @inlinable public var cash: Int64 { c.pointee.cash }
  @inlinable public var targets: UnsafeMutableBufferPointer<al_target_v1> {
    UnsafeMutableBufferPointer(start: c.pointee.targets, count: Int(c.pointee.n))
  }
}

extension PluginKind where P: RiskPolicy & ~Copyable {
  public static var riskPolicy: PluginKind {
    PluginKind(
      mask: AL_KIND_POLICY, interface: "alphaloop.policy/1", table: UnsafeRawPointer(Tables.policy)
    ) { box, plugin in box.policy = box.keep(PolicyOf(plugin) as PolicyFace) }
  }
}

class PolicyFace {
  func size(_ sizing: Sizing, _ err: ErrorBuffer) -> al_status { AL_E_UNSUPPORTED }
}

final class PolicyOf<P: RiskPolicy & ~Copyable>: PolicyFace {
  private let plugin: UnsafeMutablePointer<P>
  init(_ plugin: UnsafeMutablePointer<P>) { self.plugin = plugin }

  override func size(_ sizing: Sizing, _ err: ErrorBuffer) -> al_status {
    guarded(err) { () throws(PluginError) in try plugin.pointee.size(sizing) }
  }
}

extension Tables {
  nonisolated(unsafe) static let policy: UnsafePointer<al_policy_v1> = make(
    al_policy_v1(
      size: UInt32(MemoryLayout<al_policy_v1>.size), reserved: 0,
      size_targets: { ctx, sizing, err in
        guard let ctx, let sizing, sizing.pointee.n == 0 || sizing.pointee.targets != nil else { return AL_E_ARGUMENT }
        return Unmanaged<HostedPlugin>.fromOpaque(ctx)._withUnsafeGuaranteedRef { box in
          guard box.isStarted, let face = box.policy else { return AL_E_STATE }
          return face._withUnsafeGuaranteedRef { $0.size(Sizing(sizing), err) }
        }
      }))
}
