import CAlphaLoop
import CSystem
import Glibc

/// The inside of a check's process.
public enum CheckRunner {
  /// The pseudo-check that lists what the library offers.
  static let describeCheck = "describe"
  /// The pseudo-check that tells what an agent answers, for the comparison of two processes.
  static let traceCheck = "trace"
  static let folderVariable = "ALPHALOOP_VALIDATE_FOLDER"
  static let parametersVariable = "ALPHALOOP_VALIDATE_PARAMETERS"
  /// Where the process of a check reports.
  static let reportDescriptor: Int32 = 3
  /// More than any plugin needs, less than a small machine has.
  private static let addressSpaceLimit: UInt64 = 16 << 30

  /// The arguments of the hidden verb; `-` stands for no plugin.
  static func arguments(_ file: String, _ check: String, _ plugin: String, _ seed: UInt64) -> [String] {
    ["plugin", "validate-one", file, check, plugin.isEmpty ? "-" : plugin, String(seed)]
  }

  /// Body of `alphaloop plugin validate-one FILE CHECK ID SEED`, which only the validator calls: it expects to report to
  /// descriptor 3.
  ///
  /// - Returns: false when there is no such check.
  public static func main(file: String, check name: String, plugin: String, seed: UInt64, executable: String) -> Bool {
    let reporter = CheckReporter(descriptor: reportDescriptor)
    _ = al_limit_core(0)
    _ = al_limit_address_space(addressSpaceLimit)
    let plugin = plugin == "-" ? "" : plugin
    if name == describeCheck {
      describe(file: file, reporter: reporter)
      return true
    }
    if name == traceCheck {
      let context = CheckContext(file: file, plugin: plugin, seed: seed, reporter: reporter, executable: "")
      do { try DeterminismChecks.trace(context) } catch { reporter.say(error.status.rawValue, error.reason) }
      return true
    }
    guard let check = CheckCatalog.check(name) else { return false }
    al_guard_report_to(reportDescriptor)
    run(check, file: file, plugin: plugin, seed: seed, reporter: reporter, executable: executable)
    return true
  }

  static func run(
    _ check: Check, file: String, plugin: String, seed: UInt64, reporter: CheckReporter, executable: String
  ) {
    let context = CheckContext(
      file: file, plugin: plugin, seed: seed, reporter: reporter, executable: executable, folder: enterFolder())
    do {
      let note = try check.body(context)
      reporter.say("pass", note)
    } catch {
      reporter.say(error.status.rawValue, error.reason)
    }
  }

  /// Where the validator put this check, made current; the current folder where it put none.
  private static func enterFolder() -> String {
    guard let folder = getenv(folderVariable).map({ String(cString: $0) }), chdir(folder) == 0 else { return "." }
    CheckFolder.writeSampleBars(folder)
    return folder
  }

  static func describe(file: String, reporter: CheckReporter) {
    guard let library = try? SubjectLibrary.open(file), let descriptors = try? library.descriptors() else { return }
    for d in descriptors { reporter.say("plugin", "\(d.kinds) \(text(d.version)) \(text(d.id))") }
  }

  private static func text(_ c: UnsafePointer<CChar>?) -> String { c.map { String(cString: $0) } ?? "?" }
}
