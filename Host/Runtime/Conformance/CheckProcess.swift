import CSystem
import Glibc

/// A check in a process of its own: started, watched, and ended when it takes too long.
final class CheckProcess {
  /// How it ended.
  struct Ending {
    var transcript: CheckTranscript
    /// The beginning of its standard error.
    var standardError: String
    /// nil: it was ended for taking too long.
    var exit: al_system_exit?
    var milliseconds: Int
  }

  private let child: al_system_child
  private let started: Int64
  private let deadline: Int64
  private var streams: [(descriptor: Int32, bytes: [UInt8])]

  /// - Parameters:
  ///   - arguments: after the program's name.
  ///   - environment: entries that replace those of this process.
  init(
    _ executable: String, _ arguments: [String], environment: [(name: String, value: String)] = [], seconds: Double
  ) throws(Finding) {
    var report: [Int32] = [-1, -1]
    var errors: [Int32] = [-1, -1]
    guard pipe(&report) == 0, pipe(&errors) == 0 else {
      throw .fail("no pipe for a check: \(String(cString: strerror(errno)))")
    }
    for end in report + errors { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer {
      close(report[1])
      close(errors[1])
    }
    var argumentList: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) } + [nil]
    var environmentList: [UnsafeMutablePointer<CChar>?] = Self.environment(environment).map { strdup($0) } + [nil]
    defer { for text in argumentList + environmentList { free(text) } }
    let descriptors = [
      al_system_descriptor(source: report[1], target: 3), al_system_descriptor(source: errors[1], target: 2),
    ]
    var made = al_system_child()
    let status = al_spawn(executable, &argumentList, &environmentList, descriptors, descriptors.count, &made)
    guard status == 0 else {
      close(report[0])
      close(errors[0])
      throw .fail("\(executable) cannot be started: \(String(cString: strerror(-status)))")
    }
    child = made
    started = al_monotonic_ns()
    deadline = started + Int64(seconds * 1e9)
    streams = [(report[0], []), (errors[0], [])]
    for stream in streams { _ = fcntl(stream.descriptor, F_SETFL, O_NONBLOCK) }
  }

  deinit {
    for stream in streams { close(stream.descriptor) }
    close(child.pidfd)
  }

  private static func environment(_ replaced: [(name: String, value: String)]) -> [String] {
    var all: [String] = []
    var entry = environ
    while let text = entry.pointee {
      all.append(String(cString: text))
      entry += 1
    }
    // A crash is told by its signal; the runtime's own tracer would hold the pipes open for seconds.
    let fixed = replaced + [("SWIFT_BACKTRACE", "enable=no")]
    return all.filter { line in !fixed.contains { line.hasPrefix($0.name + "=") } }
      + fixed.map { "\($0.name)=\($0.value)" }
  }

  /// What to poll for.
  var descriptors: [Int32] { streams.map(\.descriptor) + [child.pidfd] }

  var remaining: Int64 { max(0, deadline - al_monotonic_ns()) }

  /// Takes what it said; its ending once it has ended or its time is up.
  func step() -> Ending? {
    drain()
    var status = al_system_exit()
    switch al_wait_exit(child.pidfd, 0, &status) {
    case 1: return ending(status)
    case 0 where remaining > 0: return nil
    case 0:
      kill(-child.pid, SIGKILL)
      _ = al_pidfd_signal(child.pidfd, SIGKILL)
      _ = al_wait_exit(child.pidfd, 5_000_000_000, &status)
      return ending(nil)
    default: return ending(nil)
    }
  }

  /// Waits until it ended.
  func finish() -> Ending {
    while true {
      if let ending = step() { return ending }
      Self.wait(for: [self])
    }
  }

  /// Sleeps until one of them says something, ends or runs out of time.
  static func wait(for processes: [CheckProcess]) {
    var polled = processes.flatMap(\.descriptors).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let milliseconds = (processes.map(\.remaining).min() ?? 0) / 1_000_000 + 1
    _ = poll(&polled, nfds_t(polled.count), Int32(clamping: milliseconds))
  }

  private func ending(_ status: al_system_exit?) -> Ending {
    drain()
    let errors = String(decoding: streams[1].bytes.prefix(1 << 16), as: UTF8.self)
    return Ending(
      transcript: CheckTranscript(String(decoding: streams[0].bytes, as: UTF8.self)), standardError: errors,
      exit: status,
      milliseconds: Int((al_monotonic_ns() - started) / 1_000_000))
  }

  private static let streamLimit = 8 << 20

  private func drain() {
    var buffer = [UInt8](repeating: 0, count: 65536)
    for i in streams.indices where streams[i].descriptor >= 0 {
      while true {
        let n = read(streams[i].descriptor, &buffer, buffer.count)
        if n > 0 {
          if streams[i].bytes.count < Self.streamLimit { streams[i].bytes.append(contentsOf: buffer[0..<n]) }
          continue
        }
        if n == 0 {
          close(streams[i].descriptor)
          streams[i].descriptor = -1
        }
        break
      }
    }
  }
}

extension CheckProcess.Ending {
  /// The verdict: what the check said, or how its process ended before it said anything.
  var verdict: (status: CheckStatus, reason: String) {
    let during = transcript.phase.isEmpty ? "" : " while \(transcript.phase)"
    guard let exit else { return (.hung, "no answer within the time limit\(during)") }
    if exit.signal != 0 {
      let touched = transcript.guardName.map { ": it touched \($0)" } ?? ""
      return (.crashed, "\(signalName(exit.signal))\(touched)\(during)\(lastWords)")
    }
    if let result = transcript.result { return result }
    return (.crashed, "the plugin ended the process with exit code \(exit.code)\(during)\(lastWords)")
  }

  private var lastWords: String {
    let lines = standardError.split(separator: "\n")
    let line =
      lines.first { $0.contains("atal error") || $0.contains("terminate") || $0.contains("panicked") } ?? lines.last
      ?? ""
    return line.isEmpty ? "" : "; its last words: \(line.prefix(200))"
  }
}

/// `SIGSEGV` and its like; the number where it has no common name.
func signalName(_ signal: Int32) -> String {
  let names: [(Int32, String)] = [
    (SIGSEGV, "SIGSEGV"), (SIGBUS, "SIGBUS"), (SIGILL, "SIGILL"), (SIGTRAP, "SIGTRAP"), (SIGABRT, "SIGABRT"),
    (SIGFPE, "SIGFPE"), (SIGKILL, "SIGKILL"), (SIGTERM, "SIGTERM"), (SIGPIPE, "SIGPIPE"), (SIGXCPU, "SIGXCPU"),
    (SIGSYS, "SIGSYS"),
  ]
  return names.first { $0.0 == signal }?.1 ?? "signal \(signal)"
}
