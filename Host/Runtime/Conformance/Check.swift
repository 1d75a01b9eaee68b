import CAlphaLoop

/// One thing that a plugin must do: what is looked at, how, and what to do when it does not hold.
struct Check: Sendable {
  enum Scope: Sendable {
    /// The file or the whole library.
    case file
    /// Every plugin of these kinds (`AL_KIND_*` mask), one after the other.
    case plugin(kinds: UInt32)
  }

  typealias Body = @Sendable (CheckContext) throws(Finding) -> String

  /// `group.name`.
  let id: String
  let scope: Scope
  /// What holds when it passes; one line.
  let promise: String
  /// What the author of the plugin does when it fails; one line.
  let advice: String
  /// Gives a note for a pass; throws a ``Finding`` for anything else.
  let body: Body

  init(_ id: String, _ scope: Scope, _ promise: String, advice: String, _ body: @escaping Body) {
    self.id = id
    self.scope = scope
    self.promise = promise
    self.advice = advice
    self.body = body
  }

  func applies(to kinds: UInt32) -> Bool {
    switch scope {
    case .file: false
    case .plugin(let mask): kinds & mask != 0
    }
  }

  var isOfFile: Bool { if case .file = scope { true } else { false } }
}

extension Check.Scope {
  static let everyPlugin = Check.Scope.plugin(kinds: .max)
  static let agent = Check.Scope.plugin(kinds: AL_KIND_AGENT)
}

/// All checks, in the order they run and are shown.
public enum CheckCatalog {
  static let all: [Check] =
    FileChecks.all + LoadChecks.all + DescriptorChecks.all + CreateChecks.all + LifeChecks.all + AgentChecks.all
    + DeterminismChecks.all + StateChecks.all + FuzzChecks.all + BrokerChecks.all + PolicyChecks.all + LearnerChecks.all
    + DataChecks.all + StoreChecks.all + WorkChecks.all + PlacementChecks.all

  static func check(_ id: String) -> Check? { all.first { $0.id == id } }

  /// Identifier, promise and advice of every check.
  public static var descriptions: [(id: String, promise: String, advice: String)] {
    all.map { ($0.id, $0.promise, $0.advice) }
  }
}
