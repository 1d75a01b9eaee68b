import CAlphaLoop

/// What a shared library offers. A plugin defines one function that fills it:
///
///     @c(alphaloop_register) public func registerPlugins() { Library.add(agent: Cross.self) }
public enum Library {
  struct Entry {
    var descriptor: UnsafePointer<al_descriptor_v1>
    var make: (Host, al_create_v1) throws(PluginError) -> PluginInstance
  }

  nonisolated(unsafe) static var entries: [(id: String, entry: Entry)] = []

  // Inlined, so that the closure is compiled where the agent's type is known.
  @inlinable @inline(__always)
  public static func add<A: Agent & ~Copyable>(agent: A.Type) {
    add(agent) { state, input, lookback, output in
      var out = Output(output)
      state.assumingMemoryBound(to: A.self).pointee.evaluate(Input(input, lookback: lookback), &out)
    }
  }

  @usableFromInline
  static func add<A: Agent & ~Copyable>(_ agent: A.Type, _ evaluation: @escaping Evaluation) {
    add(A.descriptor, kind: AL_KIND_AGENT, interfaces: ["alphaloop.agent/1", "alphaloop.state/1"]) {
      (host, create) throws(PluginError) in AgentBox<A>(host: host, create: create, evaluation: evaluation)
    }
  }

  static func add(
    _ descriptor: Descriptor, kind: UInt32, interfaces: [String],
    make: @escaping (Host, al_create_v1) throws(PluginError) -> PluginInstance
  ) {
    let c = descriptor.makeC(kind: kind, interfaces: interfaces)
    entries.append((descriptor.id, Entry(descriptor: c, make: make)))
  }

  /// Registered once, under the runtime's lock for static initialisers.
  nonisolated(unsafe) static let table: UnsafePointer<al_entry_v1> = {
    registerPlugins()
    let list = UnsafeMutablePointer<UnsafePointer<al_descriptor_v1>?>.allocate(capacity: entries.count + 1)
    for (i, e) in entries.enumerated() { (list + i).initialize(to: e.entry.descriptor) }
    (list + entries.count).initialize(to: nil)
    return Tables.make(
      al_entry_v1(
        size: UInt32(MemoryLayout<al_entry_v1>.size), abi_major: AL_ABI_MAJOR, abi_minor: AL_ABI_MINOR,
        min_host_minor: 0,
        n_descriptors: UInt32(entries.count), reserved: 0, descriptors: UnsafePointer(list),
        create: { host, args, out, err in
          guard let host, let args, let out else { return AL_E_ARGUMENT }
          return guarded(err) { () throws(PluginError) in
            out.pointee = try Library.create(host, args.pointee)
          }
        }))
  }()

  private static func create(_ host: UnsafePointer<al_host_v1>, _ args: al_create_v1) throws(PluginError)
    -> al_instance_v1
  {
    let id = String(args.id)
    guard let found = entries.first(where: { $0.id == id }) else {
      let known = entries.map(\.id).joined(separator: ", ")
      throw PluginError(AL_E_ARGUMENT, "this library has no '\(id)'; it has \(known)")
    }
    let box = try found.entry.make(Host(host), args)
    return al_instance_v1(
      size: UInt32(MemoryLayout<al_instance_v1>.size), reserved: 0, ctx: Unmanaged.passRetained(box).toOpaque(),
      get_interface: { ctx, id in
        guard let id, let box = object(ctx) else { return nil }
        return box.interface(String(cString: id))
      },
      start: { ctx, err in
        guard let box = object(ctx) else { return AL_E_ARGUMENT }
        return guarded(err) { () throws(PluginError) in try box.start() }
      },
      stop: { ctx, err in
        guard let box = object(ctx) else { return AL_E_ARGUMENT }
        return guarded(err) { () throws(PluginError) in try box.stop() }
      },
      destroy: { ctx in
        guard let ctx else { return }
        Unmanaged<PluginInstance>.fromOpaque(ctx).release()
      })
  }
}

/// Defined by the plugin.
@_silgen_name("alphaloop_register")
private func registerPlugins()

// The name is the C header's.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
public func alphaloop_plugin_v1(_ hostMajor: UInt32, _ hostMinor: UInt32) -> UnsafePointer<al_entry_v1>? {
  hostMajor == AL_ABI_MAJOR ? Library.table : nil
}
