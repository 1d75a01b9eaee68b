import CAlphaLoop

/// Facts on their way to the host. The thread that reads the socket must never wait for the host, which may itself wait for
/// an answer of that thread: so the facts are handed over by a thread of their own, in order, and none is dropped.
final class ReportQueue: @unchecked Sendable {
  typealias Sink = @Sendable (UnsafeBufferPointer<al_report_v1>) -> Void

  private struct State {
    var waiting: [OrderReport] = []
    var sink: Sink?
    var isBusy = false
    var isStopped = false
  }

  private let monitor = Monitor(State())
  private var worker: Worker?

  func start() {
    monitor.update { $0.isStopped = false }
    worker = Worker { [weak self] in self?.run() }
  }

  /// What waits is handed over first.
  func stop() {
    monitor.update { $0.isStopped = true }
    worker?.join()
    worker = nil
  }

  /// nil: facts are not handed over, and kept in the book alone. Returns after the last call to the old sink has ended.
  func setSink(_ sink: Sink?) {
    monitor.update { state in
      state.sink = sink
      if sink == nil { state.waiting.removeAll() }
    }
    _ = monitor.wait { $0.isBusy ? nil : true }
  }

  func add(_ report: OrderReport) { add([report]) }

  func add(_ reports: [OrderReport]) {
    guard !reports.isEmpty else { return }
    monitor.update { state in if state.sink != nil { state.waiting += reports } }
  }

  private func run() {
    while true {
      let work: ([OrderReport], Sink)? =
        monitor.wait { state in
          if let sink = state.sink, !state.waiting.isEmpty {
            defer { state.waiting.removeAll(keepingCapacity: true) }
            state.isBusy = true
            return (state.waiting, sink)
          }
          return state.isStopped ? .some(nil) : nil
        } ?? nil
      guard let (reports, sink) = work else { return }
      for report in reports { ReportQueue.hand(report, to: sink) }
      monitor.update { $0.isBusy = false }
    }
  }

  private static func hand(_ report: OrderReport, to sink: Sink) {
    var (row, text) = (report.row, report.text)
    text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        row.text = characters.baseAddress
        row.text_len = UInt32(clamping: characters.count)
        withUnsafePointer(to: &row) { sink(UnsafeBufferPointer(start: $0, count: 1)) }
      }
    }
  }
}
