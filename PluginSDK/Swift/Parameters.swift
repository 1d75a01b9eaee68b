import CAlphaLoop

/// The resolved parameters of an instance: the host checked them against the schema and applied the defaults.
public struct Parameters: Sendable {
  public enum Value: Sendable, Equatable {
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
  }

  /// Leaves by path ("pairs.0.left"); arrays also have "pairs.#".
  public private(set) var values: [String: Value] = [:]
  /// The same as one JSON object.
  public private(set) var json: String = "{}"

  public init(_ values: [String: Value] = [:]) { self.values = values }

  init(_ create: al_create_v1) {
    json = String(create.parameters_json)
    guard let list = create.parameters else { return }
    for i in 0..<Int(create.n_parameters) {
      let p = list[i]
      let name = String(p.name)
      switch p.type {
      case AL_PARAM_BOOL: values[name] = .bool(p.integer != 0)
      case AL_PARAM_INTEGER: values[name] = .integer(Int(p.integer))
      case AL_PARAM_NUMBER: values[name] = .number(p.number)
      default: values[name] = .text(String(p.text))
      }
    }
  }

  private func missing(_ name: String, _ type: String) -> PluginError {
    .configuration("parameter '\(name)' is missing or is not \(type); give it a default in the schema")
  }

  public func integer(_ name: String) throws(PluginError) -> Int {
    guard case .integer(let value)? = values[name] else { throw missing(name, "an integer") }
    return value
  }

  public func number(_ name: String) throws(PluginError) -> Double {
    switch values[name] {
    case .number(let value)?: return value
    case .integer(let value)?: return Double(value)
    default: throw missing(name, "a number")
    }
  }

  public func flag(_ name: String) throws(PluginError) -> Bool {
    guard case .bool(let value)? = values[name] else { throw missing(name, "true or false") }
    return value
  }

  public func text(_ name: String) throws(PluginError) -> String {
    guard case .text(let value)? = values[name] else { throw missing(name, "a text") }
    return value
  }

  /// Number of entries of an array parameter; 0 when it is absent.
  public func count(_ name: String) -> Int {
    guard case .integer(let value)? = values["\(name).#"] else { return 0 }
    return value
  }
}
