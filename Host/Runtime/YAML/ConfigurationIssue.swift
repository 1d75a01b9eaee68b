/// One thing wrong in a configuration file: where, what, and what to do about it.
public struct ConfigurationIssue: Error, Hashable, Comparable, Sendable, CustomStringConvertible {
  public var location: SourceLocation
  public var message: String

  public init(_ location: SourceLocation, _ message: String) {
    self.location = location
    self.message = message
  }

  /// `file:line:column: message`, the form editors and terminals turn into a link.
  public var description: String { "\(location): \(message)" }

  public static func < (left: ConfigurationIssue, right: ConfigurationIssue) -> Bool {
    if left.location != right.location { return left.location < right.location }
    return left.message < right.message
  }
}

/// Everything wrong with a configuration, sorted by file, line and column, each issue once. Never empty.
public struct ConfigurationErrors: Error, Equatable, Sendable, CustomStringConvertible {
  public let issues: [ConfigurationIssue]

  public init(_ issues: [ConfigurationIssue]) {
    var unique: [ConfigurationIssue] = []
    for issue in issues.sorted() where unique.last != issue { unique.append(issue) }
    self.issues = unique
  }

  /// One issue a line.
  public var description: String { issues.map(\.description).joined(separator: "\n") }
}

/// Gathers issues while a whole configuration is read, so that the reader sees all of them in one go.
public final class IssueCollector {
  public private(set) var issues: [ConfigurationIssue] = []

  public init() {}

  public func report(_ location: SourceLocation, _ message: String) {
    issues.append(ConfigurationIssue(location, message))
  }

  public func report(contentsOf more: [ConfigurationIssue]) { issues.append(contentsOf: more) }

  /// - Throws: everything gathered so far, if there is anything.
  public func throwIfAny() throws(ConfigurationErrors) {
    if !issues.isEmpty { throw ConfigurationErrors(issues) }
  }
}
