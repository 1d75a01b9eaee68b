import CSystem

/// Takes from the calling process everything a plugin was not granted. It cannot be undone, so a worker calls it once:
/// after the plugin's library is loaded and its instance created (both open files), before it is started.
///
/// Layers: no_new_privs; no core dump and no inspection by other processes; Landlock for files, TCP ports and signals;
/// seccomp as a list of the calls that remain; limits on memory, descriptors and processor time.
///
/// ```swift
/// let report = try Lockdown.apply(.computeOnly)
/// ```
public enum Lockdown {
  /// Asks the kernel, changes nothing.
  public static func probe() -> LockdownAvailability {
    LockdownAvailability(landlockVersion: Int(al_landlock_version()), seccomp: al_seccomp_available() == 1)
  }

  /// Locks the process down.
  ///
  /// - Parameter available: what the kernel offers; another value than ``probe()`` is for trying a policy against a
  ///   weaker kernel.
  /// - Returns: what is in force.
  /// - Throws: ``LockdownError``; on `unavailable` and `threadsRunning` nothing was changed.
  @discardableResult
  public static func apply(_ policy: LockdownPolicy, available: LockdownAvailability = probe())
    throws(LockdownError) -> LockdownReport
  {
    let plan = LockdownPlan(policy)
    let threads = try step("counting threads", al_thread_count(0))
    try plan.check(available, threads: Int(threads))

    var report = LockdownReport(
      noNewPrivileges: true, landlockVersion: 0, seccomp: false, enforcedPorts: nil,
      allowsDatagrams: plan.seccompFlags & AL_SECCOMP_UDP_SOCKETS != 0, addressSpace: nil,
      descriptors: policy.limits.descriptors, cpuSeconds: policy.limits.cpuSeconds, threads: Int(threads))
    // The order is forced: /proc closes with "dumpable", Landlock still opens paths, seccomp ends all preparation.
    let addressSpace = try addressSpaceLimit(policy.limits)
    try step("dumpable off", al_set_dumpable(0))
    try step("no_new_privs", al_set_no_new_privileges())
    if available.landlockVersion > 0 {
      report.landlockVersion = try applyLandlock(plan, available)
      if report.landlockVersion >= LockdownPlan.landlockWithPorts { report.enforcedPorts = plan.ports }
    }
    report.addressSpace = addressSpace
    try applyLimits(policy.limits, addressSpace: addressSpace)
    if available.seccomp {
      try step("seccomp", al_seccomp_apply(Int32(plan.seccompFlags)))
      report.seccomp = true
      if plan.seccompFlags & (AL_SECCOMP_TCP_SOCKETS | AL_SECCOMP_UDP_SOCKETS) == 0 { report.enforcedPorts = [] }
    }
    return report
  }

  private static func addressSpaceLimit(_ limits: LockdownPolicy.Limits) throws(LockdownError) -> UInt64? {
    guard let growth = limits.addressSpaceGrowth else { return nil }
    var virtual: UInt64 = 0
    var resident: UInt64 = 0
    try step("reading the memory in use", al_memory_usage(0, &virtual, &resident))
    let (limit, overflow) = virtual.addingReportingOverflow(growth)
    return overflow ? nil : limit
  }

  private static func applyLandlock(_ plan: LockdownPlan, _ available: LockdownAvailability)
    throws(LockdownError) -> Int
  {
    let paths = plan.readablePaths
    let ports = available.landlockVersion >= LockdownPlan.landlockWithPorts ? plan.ports : []
    var failedPath: Int64 = -1
    let result = withCStrings(paths) { paths in
      ports.withUnsafeBufferPointer { ports in
        var rules = al_system_landlock(
          readable_paths: paths.baseAddress, readable_count: paths.count, connect_ports: ports.baseAddress,
          connect_count: ports.count)
        return al_landlock_apply(&rules, &failedPath)
      }
    }
    if result < 0, failedPath >= 0, failedPath < paths.count {
      throw .unreadablePath(paths[Int(failedPath)], code: -result)
    }
    return Int(try step("landlock", result))
  }

  private static func applyLimits(_ limits: LockdownPolicy.Limits, addressSpace: UInt64?) throws(LockdownError) {
    try step("the limit on core files", al_limit_core(0))
    try step("the limit on descriptors", al_limit_descriptors(limits.descriptors))
    if let seconds = limits.cpuSeconds { try step("the limit on processor time", al_limit_cpu_seconds(seconds)) }
    if let addressSpace { try step("the limit on address space", al_limit_address_space(addressSpace)) }
  }

  @discardableResult
  private static func step(_ name: String, _ result: Int32) throws(LockdownError) -> Int32 {
    guard result >= 0 else { throw .failed(step: name, code: -result) }
    return result
  }

  /// The strings as a C array that lives during `body`.
  private static func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafeBufferPointer<UnsafePointer<CChar>?>) -> Result
  ) -> Result {
    var text: [CChar] = []
    var starts: [Int] = []
    for string in strings {
      starts.append(text.count)
      text += string.utf8CString
    }
    return text.withUnsafeBufferPointer { text in
      let pointers: [UnsafePointer<CChar>?] = starts.map { start in text.baseAddress.map { $0 + start } }
      return pointers.withUnsafeBufferPointer(body)
    }
  }
}

/// A policy in the kernel's terms.
struct LockdownPlan {
  /// First version with rules for TCP ports.
  static let landlockWithPorts = 4

  private let policy: LockdownPolicy
  let readablePaths: [String]
  let ports: [UInt16]
  let seccompFlags: Int

  /// What looking up a name and checking a certificate read. Those that are missing on a system are left out.
  private static let resolverPaths = [
    "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services",
    "/etc/ssl", "/usr/share/ca-certificates",
  ]

  init(_ policy: LockdownPolicy) {
    self.policy = policy
    var paths = policy.readablePaths
    var ports: [UInt16] = []
    var flags = policy.allowsThreads ? AL_SECCOMP_THREADS : 0
    if case .network(let host, let granted) = policy.capability {
      ports = granted
      flags |= AL_SECCOMP_TCP_SOCKETS
      paths += Self.resolverPaths.filter(Self.exists)
      if al_is_ip_address(host) == 0 {
        ports.append(53)
        flags |= AL_SECCOMP_UDP_SOCKETS
      }
    }
    if !paths.isEmpty { flags |= AL_SECCOMP_READ_FILES }
    readablePaths = paths
    self.ports = Array(Set(ports)).sorted()
    seccompFlags = flags
  }

  /// Files and ports are Landlock's; without either, seccomp alone refuses every open and every socket.
  private var dependsOnLandlock: Bool { !readablePaths.isEmpty || !ports.isEmpty }

  func check(_ available: LockdownAvailability, threads: Int) throws(LockdownError) {
    guard policy.requirement == .everything else { return }
    guard available.seccomp else { throw .unavailable("this kernel does not filter system calls (seccomp)") }
    let needed = ports.isEmpty ? 1 : Self.landlockWithPorts
    guard available.landlockVersion >= needed else {
      let purpose = ports.isEmpty ? "to keep files away" : "to limit TCP ports"
      throw .unavailable(
        "Landlock version \(needed) is needed \(purpose), this kernel has "
          + (available.landlockVersion == 0 ? "none" : "version \(available.landlockVersion)"))
    }
    guard threads == 1 || !dependsOnLandlock else { throw .threadsRunning(count: threads) }
  }

  private static func exists(_ path: String) -> Bool {
    let descriptor = path.withCString { al_open_read($0) }
    if descriptor >= 0 { al_close(descriptor) }
    return descriptor >= 0
  }
}
