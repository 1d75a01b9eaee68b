import AlphaLoopSDK
import CAlphaLoop
import ReportRenderer

@c(alphaloop_register)
public func registerPlugins() { Library.add(job: ReportJob.self) }

/// Turns a run document into the HTML tearsheet (output) and the summary that a person reads in ten seconds (text).
struct ReportJob: Job {
  static let descriptor = Descriptor(
    id: "service.report", name: "HTML report",
    summary: "A self-contained tearsheet of a run: metrics, charts, attribution, halts and denials")
  static let verbs = ["report"]

  private let host: Host

  init(_ setup: Setup) throws(PluginError) { host = setup.host }

  mutating func run(_ run: JobRun) throws(PluginError) {
    let document: RunDocument
    do {
      document = try RunDocument.parse(Array(run.input.utf8))
    } catch {
      throw .data("\(error)")
    }
    if host.isStopping { throw PluginError(AL_E_CANCELLED, "stopped before the report was written") }
    try run.output.write(renderTearsheet(document))
    try run.text.write(Array(renderSummary(document, report: "").utf8))
  }
}
