/// What a process that is about to run foreign code keeps. The rest is taken away for good.
public struct LockdownPolicy: Equatable, Sendable {
  /// The rights granted to the plugin in the manifest.
  public enum Capability: Equatable, Sendable {
    /// Memory, time and the descriptors it holds already: an agent.
    case computeOnly
    /// As a client over TCP to these ports: a broker or feed adapter. The kernel limits the ports, not the host; a host
    /// that is a name also gets UDP and port 53, so that it can be looked up.
    case network(host: String, ports: [UInt16])
  }

  /// Ceilings of the process, set as soft and hard limits. There is none on file size: exceeding it is a signal, which
  /// would end a worker that writes its log to a file.
  public struct Limits: Equatable, Sendable {
    /// Address space the process may still add to what it has, in bytes; nil for no limit. Counted from the moment of the
    /// lock-down, since a shared arena alone can reserve many gigabytes.
    public var addressSpaceGrowth: UInt64?
    /// Open descriptors.
    public var descriptors: UInt64
    /// Processor seconds over the life of the process; nil for no limit. Exceeding it is SIGXCPU.
    public var cpuSeconds: UInt64?

    public init(addressSpaceGrowth: UInt64? = 2 << 30, descriptors: UInt64 = 64, cpuSeconds: UInt64? = nil) {
      self.addressSpaceGrowth = addressSpaceGrowth
      self.descriptors = descriptors
      self.cpuSeconds = cpuSeconds
    }
  }

  /// What happens when the kernel cannot give all of it.
  public enum Requirement: Equatable, Sendable {
    /// Refuse before anything is changed.
    case everything
    /// Take what there is and report it.
    case whatIsAvailable
  }

  public var capability: Capability
  /// Files and folders it may read. A path that does not exist is an error.
  public var readablePaths: [String]
  /// Whether it may start threads (never processes).
  public var allowsThreads: Bool
  public var limits: Limits
  public var requirement: Requirement

  public init(
    _ capability: Capability, readablePaths: [String] = [], allowsThreads: Bool = false, limits: Limits = Limits(),
    requirement: Requirement = .everything
  ) {
    self.capability = capability
    self.readablePaths = readablePaths
    self.allowsThreads = allowsThreads
    self.limits = limits
    self.requirement = requirement
  }

  /// Nothing beyond computing, with the default limits.
  public static let computeOnly = LockdownPolicy(.computeOnly)

  /// A client of `host`, with the default limits and threads.
  public static func network(host: String, ports: [UInt16]) -> LockdownPolicy {
    LockdownPolicy(.network(host: host, ports: ports), allowsThreads: true, limits: Limits(descriptors: 256))
  }
}

/// What the running kernel can enforce.
public struct LockdownAvailability: Equatable, Sendable {
  /// Version of Landlock's interface; 0 without it.
  public var landlockVersion: Int
  public var seccomp: Bool

  public init(landlockVersion: Int, seccomp: Bool) {
    self.landlockVersion = landlockVersion
    self.seccomp = seccomp
  }
}

/// What a lock-down achieved.
public struct LockdownReport: Equatable, Sendable, CustomStringConvertible {
  public var noNewPrivileges: Bool
  /// Version of Landlock in force; 0 for none.
  public var landlockVersion: Int
  public var seccomp: Bool
  /// TCP ports that can be connected to, as enforced by Landlock; nil when ports are not limited by the kernel.
  public var enforcedPorts: [UInt16]?
  /// Datagrams are possible, to any host: the kernel has no rule for them.
  public var allowsDatagrams: Bool
  /// The most address space the process can have, in bytes; nil for no limit.
  public var addressSpace: UInt64?
  public var descriptors: UInt64
  public var cpuSeconds: UInt64?
  /// Threads at the time; Landlock binds only the calling one, seccomp all.
  public var threads: Int

  /// One line for the log.
  public var description: String {
    let ports: String =
      switch enforcedPorts {
      case nil: "not limited"
      case .some([]): "none"
      case .some(let ports): ports.map { String($0) }.joined(separator: " ") + " on any host"
      }
    return [
      "no-new-privileges \(noNewPrivileges ? "on" : "off")",
      landlockVersion == 0 ? "landlock off" : "landlock version \(landlockVersion)",
      "seccomp \(seccomp ? "on" : "off")",
      "tcp ports \(ports)",
      "datagrams \(allowsDatagrams ? "to any host" : "none")",
      "address space \(addressSpace.map { "\($0) bytes" } ?? "not limited")",
      "descriptors \(descriptors)",
      "cpu \(cpuSeconds.map { "\($0) s" } ?? "not limited")",
      "threads \(threads)",
    ].joined(separator: ", ")
  }
}

/// Why a process was not locked down. After ``LockdownError/failed(step:code:)`` it may be locked in part and must end.
public enum LockdownError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kernel lacks something the policy needs; nothing was changed.
  case unavailable(String)
  /// Threads that exist would escape Landlock, on which this policy depends; nothing was changed.
  case threadsRunning(count: Int)
  case unreadablePath(String, code: Int32)
  case failed(step: String, code: Int32)

  public var description: String {
    switch self {
    case .unavailable(let what):
      "lock-down refused: \(what); use a newer kernel, or allow a weaker lock-down in the manifest"
    case .threadsRunning(let count):
      "lock-down refused: \(count) threads are running and Landlock binds only new ones; a plugin must not start threads "
        + "before it is started"
    case .unreadablePath(let path, let code):
      "lock-down: \(path) is to be readable: \(systemErrorText(code))"
    case .failed(let step, let code):
      "lock-down: \(step) failed: \(systemErrorText(code)); the process must end"
    }
  }
}
