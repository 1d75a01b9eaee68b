import CSystem
import Foundation
import Testing

@Suite("Starting and watching worker processes")
struct LockdownProcessTests {
  /// Starts `/bin/sh -c script` with descriptors placed as asked.
  private func shell(
    _ script: String, _ descriptors: [al_system_descriptor] = [], environment: [String] = ["NAME=value"]
  ) throws -> al_system_child {
    var child = al_system_child()
    let result = Self.spawn("/bin/sh", ["sh", "-c", script], environment, descriptors, &child)
    try #require(result == 0)
    return child
  }

  static func spawn(
    _ path: String, _ arguments: [String], _ environment: [String], _ descriptors: [al_system_descriptor],
    _ child: inout al_system_child
  ) -> Int32 {
    var argumentList: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var environmentList: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for text in argumentList + environmentList { free(text) } }
    return al_spawn(path, &argumentList, &environmentList, descriptors, descriptors.count, &child)
  }

  private func exit(of child: al_system_child, within seconds: Int64 = 20) -> al_system_exit? {
    defer { al_close(child.pidfd) }
    var status = al_system_exit()
    return al_wait_exit(child.pidfd, seconds * 1_000_000_000, &status) == 1 ? status : nil
  }

  /// What a script writes to its descriptor 5.
  private func output(_ script: String) throws -> String {
    let pipe = Pipe()
    let child = try shell(
      script, [al_system_descriptor(source: pipe.fileHandleForWriting.fileDescriptor, target: 5)])
    try pipe.fileHandleForWriting.close()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(exit(of: child)?.code == 0)
    return text
  }

  @Test("the exit status and the signal come back")
  func status() throws {
    #expect(exit(of: try shell("exit 7"))?.code == 7)
    let killed = try #require(exit(of: try shell("kill -SEGV $$")))
    #expect(killed.signal == SIGSEGV)
    #expect(killed.code == 0)
  }

  @Test("a missing program is an error of the start, and leaves no process")
  func missing() {
    var child = al_system_child()
    #expect(Self.spawn("/no/such/worker", ["worker"], [], [], &child) == -ENOENT)
    #expect(Self.spawn("/etc/passwd", ["worker"], [], [], &child) == -EACCES)
    let wrong = [al_system_descriptor(source: 0, target: 64)]
    #expect(Self.spawn("/bin/true", ["true"], [], wrong, &child) == -EINVAL)
    let closed = [al_system_descriptor(source: 987_654, target: 5)]
    #expect(Self.spawn("/bin/true", ["true"], [], closed, &child) == -EBADF)
  }

  @Test("a worker holds the listed descriptors, /dev/null for input and output, and nothing else")
  func descriptors() throws {
    let leak = open("/etc/passwd", O_RDONLY)  // not close-on-exec
    defer { close(leak) }
    #expect(al_open_descriptor_count() > 3, "the control: this process holds more than the worker may")
    let pipe = Pipe()
    let end = pipe.fileHandleForWriting.fileDescriptor
    var child = al_system_child()
    let placed = [al_system_descriptor(source: end, target: 1), al_system_descriptor(source: end, target: 5)]
    try #require(Self.spawn("/bin/ls", ["ls", "-l", "/proc/self/fd"], [], placed, &child) == 0)
    try pipe.fileHandleForWriting.close()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(exit(of: child)?.code == 0)
    let held = text.split(separator: "\n").compactMap { line -> String? in
      let words = line.split(separator: " ")
      guard words.count > 3, words[words.count - 2] == "->" else { return nil }
      return words[words.count - 3] + " " + words[words.count - 1].prefix { $0 != ":" && !$0.isNumber }
    }
    // 3 is the folder that is being listed.
    #expect(held.sorted() == ["0 /dev/null", "1 pipe", "2 /dev/null", "3 /proc/", "5 pipe"])
  }

  @Test("descriptors can change places")
  func swapped() async {
    await #expect(processExitsWith: .exitCode(9)) {
      let first = Pipe()
      let second = Pipe()
      let low = first.fileHandleForWriting.fileDescriptor
      let high = second.fileHandleForWriting.fileDescriptor
      guard max(low, high) < 64, low != high else { Glibc.exit(1) }
      var child = al_system_child()
      let script = "echo low > /proc/self/fd/\(low); echo high > /proc/self/fd/\(high)"
      let exchanged = [
        al_system_descriptor(source: low, target: high), al_system_descriptor(source: high, target: low),
      ]
      guard LockdownProcessTests.spawn("/bin/sh", ["sh", "-c", script], [], exchanged, &child) == 0 else {
        Glibc.exit(2)
      }
      try first.fileHandleForWriting.close()
      try second.fileHandleForWriting.close()
      guard first.fileHandleForReading.readDataToEndOfFile() == Data("high\n".utf8) else { Glibc.exit(3) }
      Glibc.exit(second.fileHandleForReading.readDataToEndOfFile() == Data("low\n".utf8) ? 9 : 4)
    }
  }

  @Test("the environment is the given one, the process group is its own")
  func environment() throws {
    #expect(try output("env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= >&5") == "NAME=value\n")
    #expect(
      try output("test $(ps -o pgid= -p $$ 2>/dev/null || cut -d' ' -f5 /proc/$$/stat) = $$ && echo own >&5") == "own\n"
    )
  }

  @Test("waiting ends at its time limit, and a signal reaches the process behind the descriptor")
  func timeLimit() throws {
    let child = try shell("exec sleep 60")
    var status = al_system_exit()
    let start = al_monotonic_ns()
    #expect(al_wait_exit(child.pidfd, 30_000_000, &status) == 0)
    #expect(al_monotonic_ns() - start >= 30_000_000)
    #expect(al_thread_count(child.pid) == 1)
    var virtual: UInt64 = 0
    var resident: UInt64 = 0
    #expect(al_memory_usage(child.pid, &virtual, &resident) == 0)
    #expect(resident > 0 && virtual >= resident)

    #expect(al_pidfd_signal(child.pidfd, SIGKILL) == 0)
    #expect(al_wait_exit(child.pidfd, -1, &status) == 1)
    #expect(status.signal == SIGKILL)
    #expect(al_pidfd_signal(child.pidfd, SIGKILL) == -ESRCH)
    #expect(al_wait_exit(child.pidfd, 0, &status) == -ECHILD)
    al_close(child.pidfd)
  }

  @Test("workers started from threads that are gone live on, and end with the host")
  func endsWithHost() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("worker-\(UUID().uuidString)").path
    await #expect(processExitsWith: .exitCode(9)) { [folder = folder as String] in
      let thread = Thread {
        var child = al_system_child()
        guard LockdownProcessTests.spawn("/bin/sleep", ["sleep", "60"], [], [], &child) == 0 else { return }
        try? String(child.pid).write(toFile: folder, atomically: true, encoding: .utf8)
      }
      thread.start()
      for _ in 0..<200 where !thread.isFinished { usleep(10_000) }
      usleep(100_000)
      let pid = pid_t((try? String(contentsOfFile: folder, encoding: .utf8)) ?? "") ?? 0
      Glibc.exit(pid > 0 && kill(pid, 0) == 0 ? 9 : 1)
    }
    let pid = try #require(pid_t(String(contentsOfFile: folder, encoding: .utf8)))
    for _ in 0..<200 where Self.isRunning(pid) { usleep(10_000) }
    #expect(!Self.isRunning(pid))
  }

  /// A process nobody has waited for yet is not running either.
  private static func isRunning(_ pid: pid_t) -> Bool {
    guard let file = FileHandle(forReadingAtPath: "/proc/\(pid)/stat"), let data = try? file.readToEnd() else {
      return false
    }
    return String(decoding: data, as: UTF8.self).split(separator: ")").last?.split(separator: " ").first != "Z"
  }
}
