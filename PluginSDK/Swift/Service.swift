import CAlphaLoop

/// Listens to what happens and changes nothing.
public protocol Service: Plugin, ~Copyable {
  /// The kinds of notices it wants, `AL_NOTICE_*`.
  static var notices: [UInt32] { get }
  /// In order, on a thread of the host's. `lost`: notices dropped since the last call because it was too slow.
  mutating func receive(_ notices: [Notice], lost: UInt64) throws(PluginError)
}

/// One thing that happened. `a`, `b`, `c` by kind, see `AL_NOTICE_*`; money, prices and quantities in 1e-8 units.
public struct Notice: Sendable {
  public var sequence: UInt64
  /// ns UTC.
  public var time: Int64
  public var kind: UInt32
  public var code: Int32
  /// Host indices, nil where the notice is of none.
  public var instrument: Int?
  public var agent: Int?
  public var orderSession: UInt64
  public var orderSequence: UInt64
  public var a: Int64
  public var b: Int64
  public var c: Int64
  public var text: String

  init(_ n: al_notice_v1) {
    sequence = n.sequence
    time = n.ts
    kind = n.kind
    code = n.code
    instrument = n.instrument == AL_NONE ? nil : Int(n.instrument)
    agent = n.agent == AL_NONE ? nil : Int(n.agent)
    orderSession = n.order.session
    orderSequence = n.order.sequence
    a = n.a
    b = n.b
    c = n.c
    text = String(n.text)
  }
}

extension PluginKind where P: Service & ~Copyable {
  public static var service: PluginKind {
    PluginKind(
      mask: AL_KIND_SERVICE, interface: "alphaloop.service/1", table: UnsafeRawPointer(Tables.service(P.notices))
    ) { box, plugin in box.service = ServiceOf(plugin) }
  }
}

class ServiceFace {
  func receive(_ notices: [Notice], lost: UInt64) throws(PluginError) {}
}

final class ServiceOf<P: Service & ~Copyable>: ServiceFace {
  private let plugin: UnsafeMutablePointer<P>
  init(_ plugin: UnsafeMutablePointer<P>) { self.plugin = plugin }

  override func receive(_ notices: [Notice], lost: UInt64) throws(PluginError) {
    try plugin.pointee.receive(notices, lost: lost)
  }
}

extension Tables {
  static func service(_ kinds: [UInt32]) -> UnsafePointer<al_service_v1> {
    make(
      al_service_v1(
        size: UInt32(MemoryLayout<al_service_v1>.size), reserved: 0,
        kinds: kinds.reduce(0) { $0 | (1 << UInt64($1)) },
        on_notices: { ctx, notices, n, lost, err in
          guard n == 0 || notices != nil else { return AL_E_ARGUMENT }
          return hosted(ctx, err) { (box) throws(PluginError) in
            guard let face = box.service else { return AL_E_UNSUPPORTED }
            let rows = UnsafeBufferPointer(start: notices, count: Int(n))
            try face.receive(rows.map(Notice.init), lost: lost)
            return AL_OK
          }
        }))
  }
}
