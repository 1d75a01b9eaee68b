import CSystem
import Glibc
import Testing

@testable import AlphaLoopLoader

/// Each test ends a process of its own with one bit for every thing that worked, so that a lock-down that does nothing and
/// one that breaks the process are both seen.
private enum Attempt {
  static let readsFile = 1
  static let opensForWriting = 2
  static let makesSocket = 4
  static let startsProgram = 8
  static let allocatesHugeBlock = 16
  static let signalsHost = 32
  static let computes = 64

  static func all() -> Int32 {
    var worked = 0
    if canOpen("/etc/passwd", O_RDONLY) { worked |= readsFile }
    if canOpen("/tmp/lockdown-\(getpid())", O_WRONLY | O_CREAT) { worked |= opensForWriting }
    if socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) >= 0 { worked |= makesSocket }
    if canExecute() { worked |= startsProgram }
    if let block = malloc(4 << 30) {
      free(block)
      worked |= allocatesHugeBlock
    }
    if kill(getppid(), 0) == 0 { worked |= signalsHost }
    if computes1000() { worked |= computes }
    return Int32(worked)
  }

  static func canOpen(_ path: String, _ flags: Int32) -> Bool {
    let descriptor = open(path, flags, 0o600)
    if descriptor >= 0 { close(descriptor) }
    if descriptor >= 0, flags & O_CREAT != 0 { unlink(path) }
    return descriptor >= 0
  }

  /// An empty program is the error that tells "refused" from "tried": EPERM against EACCES.
  private static func canExecute() -> Bool {
    var arguments: [UnsafeMutablePointer<CChar>?] = [nil]
    execve("/etc/passwd", &arguments, &arguments)
    return errno == EACCES
  }

  /// What an agent needs: memory, a write to an open descriptor, the clock.
  private static func computes1000() -> Bool {
    let values = (0..<1000).map { Double($0) }
    guard values.reduce(0, +) == 499_500, write(2, "", 0) == 0, al_monotonic_ns() > 0 else { return false }
    var word: UInt32 = 0
    return al_futex_wait(&word, 0, 1_000_000) == -ETIMEDOUT
  }
}

@Suite("Locking a worker down")
struct LockdownTests {
  @Test("this kernel can do what the tests need")
  func probe() {
    #expect(Lockdown.probe().landlockVersion >= 1)
    #expect(Lockdown.probe().seccomp)
  }

  @Test("control: without a lock-down everything works")
  func without() async {
    await #expect(processExitsWith: .exitCode(127)) { exit(Attempt.all()) }
  }

  @Test("a compute-only worker computes and does nothing else")
  func computeOnly() async {
    await #expect(processExitsWith: .exitCode(64)) {
      let report = try Lockdown.apply(.computeOnly)
      guard report.noNewPrivileges, report.seccomp, report.landlockVersion >= 1, report.enforcedPorts == [] else {
        exit(1)
      }
      exit(Attempt.all())
    }
  }

  @Test("seccomp alone, where Landlock is missing, does the same")
  func seccompAlone() async {
    await #expect(processExitsWith: .exitCode(64)) {
      var policy = LockdownPolicy.computeOnly
      policy.requirement = .whatIsAvailable
      let report = try Lockdown.apply(policy, available: LockdownAvailability(landlockVersion: 0, seccomp: true))
      guard report.landlockVersion == 0 else { exit(1) }
      exit(Attempt.all())
    }
  }

  @Test("Landlock alone keeps files away and nothing else")
  func landlockAlone() async {
    let socketsSignalsAndComputing: Int32 = 4 | 8 | 64
    await #expect(processExitsWith: .exitCode(socketsSignalsAndComputing)) {
      var policy = LockdownPolicy.computeOnly
      policy.requirement = .whatIsAvailable
      try Lockdown.apply(policy, available: LockdownAvailability(landlockVersion: 1, seccomp: false))
      // The signal is left out: newer kernels scope it, older ones do not. execve is refused by Landlock with EACCES.
      exit(Attempt.all() & ~32)
    }
  }

  @Test("a worker may read what it was granted, and only that")
  func readablePaths() async {
    await #expect(processExitsWith: .exitCode(9)) {
      var policy = LockdownPolicy(.computeOnly, readablePaths: ["/usr/lib", "/etc/hostname"])
      policy.requirement = .whatIsAvailable
      try Lockdown.apply(policy)
      guard Attempt.canOpen("/etc/hostname", O_RDONLY) else { exit(1) }
      guard Attempt.canOpen("/usr/lib/os-release", O_RDONLY) else { exit(2) }
      guard !Attempt.canOpen("/etc/passwd", O_RDONLY) else { exit(3) }
      guard !Attempt.canOpen("/etc/hostname", O_WRONLY) else { exit(4) }
      guard !Attempt.canOpen("/usr/lib/../../etc/passwd", O_RDONLY) else { exit(5) }
      exit(9)
    }
  }

  @Test("a memory limit counts from what the process has")
  func memory() async {
    await #expect(processExitsWith: .exitCode(9)) {
      let arena = try SharedArena.local(capacity: 8 << 30)
      let limits = LockdownPolicy.Limits(addressSpaceGrowth: 1 << 30)
      try Lockdown.apply(LockdownPolicy(.computeOnly, limits: limits))
      guard let small = malloc(512 << 20) else { exit(1) }
      guard malloc(600 << 20) == nil else { exit(2) }
      free(small)
      guard try arena.allocate(byteCount: 4 << 30) != arena.base else { exit(3) }
      exit(9)
    }
  }

  @Test("threads are refused unless granted")
  func threads() async {
    await #expect(processExitsWith: .exitCode(9)) {
      try Lockdown.apply(LockdownPolicy(.computeOnly, allowsThreads: true))
      var thread = pthread_t()
      exit(pthread_create(&thread, nil, { _ in nil }, nil) == 0 && pthread_join(thread, nil) == 0 ? 9 : 1)
    }
    await #expect(processExitsWith: .exitCode(EPERM)) {
      try Lockdown.apply(.computeOnly)
      var thread = pthread_t()
      exit(pthread_create(&thread, nil, { _ in nil }, nil))
    }
  }

  @Test("nobody makes memory executable or reaches the host's limits")
  func hardening() async {
    await #expect(processExitsWith: .exitCode(9)) {
      // Not imported into Swift; the address is taken while the process is still free.
      typealias LimitCall = @convention(c) (pid_t, Int32, UnsafeRawPointer?, UnsafeMutableRawPointer?) -> Int32
      guard let symbol = dlsym(nil, "prlimit") else { exit(8) }
      let limitOf = unsafeBitCast(symbol, to: LimitCall.self)
      let descriptors: Int32 = 7
      var limit = rlimit()
      guard limitOf(getppid(), descriptors, nil, &limit) == 0 else { exit(7) }

      try Lockdown.apply(.computeOnly)
      let anonymous = MAP_PRIVATE | MAP_ANONYMOUS
      guard mmap(nil, 4096, PROT_READ | PROT_EXEC, anonymous, -1, 0) == MAP_FAILED, errno == EPERM else { exit(1) }
      guard mmap(nil, 4096, PROT_READ | PROT_WRITE, anonymous, -1, 0) != MAP_FAILED else { exit(2) }
      guard limitOf(0, descriptors, nil, &limit) == 0, limit.rlim_max == 64 else { exit(3) }
      guard limitOf(getppid(), descriptors, nil, &limit) == -1, errno == EPERM else { exit(4) }
      exit(9)
    }
  }

  @Test("abort still ends a locked worker with its own signal")
  func abortWorks() async {
    await #expect(processExitsWith: .signal(SIGABRT)) {
      try Lockdown.apply(.computeOnly)
      abort()
    }
  }
}

@Suite("Refusing a lock-down that would not hold")
struct LockdownRefusalTests {
  private func refusal(_ policy: LockdownPolicy, _ available: LockdownAvailability) -> LockdownError? {
    do {
      try LockdownPlan(policy).check(available, threads: 1)
      return nil
    } catch {
      return error
    }
  }

  @Test("a kernel without the needed locks is refused, with the reason")
  func unavailable() {
    let none = LockdownAvailability(landlockVersion: 0, seccomp: false)
    let old = LockdownAvailability(landlockVersion: 3, seccomp: true)
    let new = LockdownAvailability(landlockVersion: 4, seccomp: true)
    let network = LockdownPolicy.network(host: "192.0.2.1", ports: [4002])
    #expect(refusal(.computeOnly, none) != nil)
    #expect(refusal(.computeOnly, LockdownAvailability(landlockVersion: 0, seccomp: true)) != nil)
    #expect(refusal(.computeOnly, old) == nil)
    #expect(
      refusal(network, old)?.description
        == "lock-down refused: Landlock version 4 is needed to limit TCP ports, this kernel has version 3; "
        + "use a newer kernel, or allow a weaker lock-down in the manifest")
    #expect(refusal(network, new) == nil)
    var lenient = network
    lenient.requirement = .whatIsAvailable
    #expect(refusal(lenient, none) == nil)
  }

  @Test("a refusal changes nothing")
  func unchanged() async {
    await #expect(processExitsWith: .exitCode(127)) {
      let weak = LockdownAvailability(landlockVersion: 0, seccomp: false)
      guard (try? Lockdown.apply(.computeOnly, available: weak)) == nil else { exit(1) }
      exit(Attempt.all())
    }
  }

  @Test("threads that Landlock would not bind are refused when the policy depends on it")
  func threads() {
    let kernel = LockdownAvailability(landlockVersion: 6, seccomp: true)
    #expect(throws: LockdownError.threadsRunning(count: 2)) {
      try LockdownPlan(.network(host: "192.0.2.1", ports: [4002])).check(kernel, threads: 2)
    }
    #expect(throws: LockdownError.threadsRunning(count: 2)) {
      try LockdownPlan(LockdownPolicy(.computeOnly, readablePaths: ["/usr"])).check(kernel, threads: 2)
    }
    #expect(throws: Never.self) { try LockdownPlan(.computeOnly).check(kernel, threads: 2) }
  }

  @Test("a readable path that does not exist is named")
  func missingPath() async {
    await #expect(processExitsWith: .exitCode(9)) {
      do {
        var policy = LockdownPolicy(.computeOnly, readablePaths: ["/usr", "/no/such/folder"])
        policy.requirement = .whatIsAvailable
        try Lockdown.apply(policy)
        exit(1)
      } catch { exit(error as? LockdownError == .unreadablePath("/no/such/folder", code: ENOENT) ? 9 : 2) }
    }
  }
}
