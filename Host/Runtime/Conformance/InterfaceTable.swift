import CAlphaLoop

/// One interface of the ABI: whose it is, and which of its functions must be there.
struct InterfaceTable {
  let kind: UInt32
  let id: String
  /// Throws what is missing in an instance's table.
  let check: (Instance) throws(Finding) -> Void

  private init<T: BitwiseCopyable>(_ kind: UInt32, _ id: String, _ type: T.Type, _ missing: @escaping (T) -> [String?])
  {
    self.kind = kind
    self.id = id
    check = { instance throws(Finding) in
      let absent = missing(try instance.table(id, type)).compactMap { $0 }
      guard absent.isEmpty else { throw .fail("\(id): \(absent.joined(separator: ", ")) is NULL") }
    }
  }

  static var all: [InterfaceTable] {
    [
      InterfaceTable(AL_KIND_AGENT, AL_INTERFACE_AGENT, al_agent_v1.self) {
        [named("bind", $0.bind), named("evaluate", $0.evaluate)]
      },
      InterfaceTable(AL_KIND_AGENT, AL_INTERFACE_STATE, al_state_v1.self) {
        [named("save", $0.save), named("restore", $0.restore)]
      },
      InterfaceTable(AL_KIND_DATA_SOURCE, AL_INTERFACE_DATA, al_data_v1.self) {
        [
          named("open", $0.open), named("next", $0.next), named("close", $0.close),
          ($0.subscribe == nil) == ($0.unsubscribe == nil) ? nil : "one of subscribe and unsubscribe",
        ]
      },
      InterfaceTable(AL_KIND_BROKER, AL_INTERFACE_BROKER, al_broker_v1.self) {
        [
          named("bind", $0.bind), named("submit", $0.submit), named("cancel", $0.cancel),
          $0.flags & AL_BROKER_SIMULATED == 0 ? nil : named("advance", $0.advance),
          $0.flags & AL_BROKER_REPLACES == 0 ? nil : named("replace", $0.replace),
          named("open_orders", $0.open_orders), named("executions", $0.executions), named("positions", $0.positions),
          named("account", $0.account),
        ]
      },
      InterfaceTable(AL_KIND_STORE, AL_INTERFACE_STORE, al_store_v1.self) {
        [
          named("write_bars", $0.write_bars), named("read_bars", $0.read_bars), named("release", $0.release),
          named("segments", $0.segments), named("put", $0.put), named("get", $0.get), named("scan", $0.scan),
          named("verify", $0.verify),
        ]
      },
      InterfaceTable(AL_KIND_POLICY, AL_INTERFACE_POLICY, al_policy_v1.self) {
        [named("size_targets", $0.size_targets)]
      },
      InterfaceTable(AL_KIND_LEARNER, AL_INTERFACE_LEARNER, al_learner_v1.self) {
        [
          named("train", $0.train), named("save", $0.save), named("load", $0.load), named("predict", $0.predict),
          named("n_outputs", $0.n_outputs),
        ]
      },
      InterfaceTable(AL_KIND_JOB, AL_INTERFACE_JOB, al_job_v1.self) {
        [named("verbs", $0.verbs), named("run", $0.run)]
      },
      InterfaceTable(AL_KIND_SERVICE, AL_INTERFACE_SERVICE, al_service_v1.self) {
        [named("on_notices", $0.on_notices)]
      },
    ]
  }

  private static func named<F>(_ name: String, _ function: F?) -> String? { function == nil ? name : nil }
}
