extension ELFFile {
  /// Imported functions through which results could depend on something other than the input: clocks, randomness, the
  /// environment; and those that leave the host's control: ending the process, loading code. A plugin that claims to be
  /// deterministic imports none of them. Sorted.
  ///
  /// A library it calls may reach the same functions, so an empty list is necessary and
  /// not sufficient; running twice under another clock is the other half of the proof.
  public var nondeterministicImports: [String] {
    Set(undefinedSymbols.map(\.name)).filter { Self.nondeterministic.contains($0) || Self.readsSwiftClock($0) }.sorted()
  }

  /// `now` of the two clocks of the standard library has four mangled names each, as property of the clock and of its
  /// instant.
  private static func readsSwiftClock(_ name: String) -> Bool {
    guard name.hasPrefix("$ss15ContinuousClockV") || name.hasPrefix("$ss15SuspendingClockV") else { return false }
    return name.contains("3now")
  }

  private static let nondeterministic: Set<String> = [
    // Clocks.
    "clock", "clock_gettime", "ftime", "gettimeofday", "time", "timespec_get", "times",
    // Randomness.
    "arc4random", "arc4random_buf", "arc4random_uniform", "drand48", "erand48", "getentropy", "getrandom", "jrand48",
    "lrand48", "mrand48", "nrand48", "rand", "rand_r", "random", "random_r", "srand", "srand48", "srandom",
    // Swift's SystemRandomNumberGenerator, Date(), Date.now and UUID().
    "swift_stdlib_random", "$s20FoundationEssentials4DateVACycfC", "$s20FoundationEssentials4DateV3nowACvgZ",
    "$s20FoundationEssentials4UUIDVACycfC",
    // The environment.
    "getenv", "secure_getenv", "gethostname", "getpid", "getppid", "gettid", "uname",
    // Ending the process and loading code.
    "_exit", "_Exit", "dlmopen", "dlopen", "exit", "execve", "execv", "execvp", "fork", "posix_spawn", "posix_spawnp",
    "quick_exit", "system", "vfork",
  ]
}
