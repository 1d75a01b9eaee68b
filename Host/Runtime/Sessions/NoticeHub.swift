import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop
import Glibc

/// Tells services what happens, on a thread of its own: the trade loop only appends to a bounded queue. A service that is too
/// slow loses its oldest notices and is told how many.
public final class NoticeHub: @unchecked Sendable {
  struct Notice {
    var c: al_notice_v1
    var text: String
  }

  private struct Listener {
    let instance: LoadedInstance
    let table: UnsafePointer<al_service_v1>
    var queue: [Notice] = []
    var lost: UInt64 = 0
  }

  static let capacity = 65536
  private var listeners: [Listener] = []
  private var sequence: UInt64 = 0
  private var isClosing = false
  private var isTelling = false
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var thread = pthread_t()
  private var isRunning = false
  private let log: @Sendable (String, Int32, String) -> Void

  public init(_ services: [LoadedInstance], log: @escaping @Sendable (String, Int32, String) -> Void) {
    self.log = log
    pthread_mutex_init(lock, nil)
    pthread_cond_init(changed, nil)
    for service in services {
      guard let table = try? service.table(AL_INTERFACE_SERVICE, al_service_v1.self), table.pointee.on_notices != nil
      else {
        continue
      }
      listeners.append(Listener(instance: service, table: table))
    }
    guard !listeners.isEmpty else { return }
    isRunning = true
    pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<NoticeHub>.fromOpaque(context).takeUnretainedValue().deliver() }
        return nil
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  deinit {
    pthread_mutex_destroy(lock)
    pthread_cond_destroy(changed)
    lock.deallocate()
    changed.deallocate()
  }

  public var hasListeners: Bool { !listeners.isEmpty }

  func post(
    _ kind: UInt32, time: Int64, code: Int32 = 0, instrument: UInt32 = AL_NONE, agent: UInt32 = AL_NONE,
    order: al_order_id_v1 = al_order_id_v1(), a: Int64 = 0, b: Int64 = 0, c: Int64 = 0, text: String = ""
  ) {
    guard isRunning else { return }
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    sequence += 1
    let notice = al_notice_v1(
      sequence: sequence, ts: time, kind: kind, code: code, instrument: instrument, agent: agent, order: order, a: a,
      b: b,
      c: c, text: al_str_v1(ptr: nil, len: 0))
    for i in listeners.indices where listeners[i].table.pointee.kinds >> UInt64(kind) & 1 != 0 {
      if listeners[i].queue.count >= Self.capacity {
        listeners[i].queue.removeFirst()
        listeners[i].lost += 1
      }
      listeners[i].queue.append(Notice(c: notice, text: text))
    }
    pthread_cond_broadcast(changed)
  }

  /// Other services listen from here on. What the old ones have not heard is delivered first; none of them is in use when
  /// this returns.
  func replace(_ services: [LoadedInstance]) {
    guard isRunning else { return }
    pthread_mutex_lock(lock)
    while isTelling || listeners.contains(where: { !$0.queue.isEmpty }) { pthread_cond_wait(changed, lock) }
    listeners = services.compactMap { service in
      guard let table = try? service.table(AL_INTERFACE_SERVICE, al_service_v1.self), table.pointee.on_notices != nil
      else {
        return nil
      }
      return Listener(instance: service, table: table)
    }
    pthread_mutex_unlock(lock)
  }

  /// Delivers what is queued and joins the thread. Call before the services are stopped.
  public func close() {
    guard isRunning else { return }
    isRunning = false
    pthread_mutex_lock(lock)
    isClosing = true
    pthread_cond_signal(changed)
    pthread_mutex_unlock(lock)
    pthread_join(thread, nil)
  }

  private func deliver() {
    while true {
      pthread_mutex_lock(lock)
      while !isClosing && listeners.allSatisfy({ $0.queue.isEmpty }) { pthread_cond_wait(changed, lock) }
      let isLast = isClosing
      var work: [(Int, [Notice], UInt64)] = []
      for i in listeners.indices where !listeners[i].queue.isEmpty {
        work.append((i, listeners[i].queue, listeners[i].lost))
        listeners[i].queue.removeAll(keepingCapacity: true)
        listeners[i].lost = 0
      }
      let targets = work.map { (listeners[$0.0].instance, listeners[$0.0].table, $0.1, $0.2) }
      isTelling = true
      pthread_mutex_unlock(lock)
      for (instance, table, notices, lost) in targets { tell(instance, table, notices, lost) }
      pthread_mutex_lock(lock)
      isTelling = false
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(lock)
      if isLast && work.isEmpty { return }
    }
  }

  private func tell(
    _ service: LoadedInstance, _ table: UnsafePointer<al_service_v1>, _ notices: [Notice], _ lost: UInt64
  ) {
    CallMemory.with { memory in
      let rows = memory.array(
        notices.map { notice in
          var row = notice.c
          row.text = memory.string(notice.text)
          return row
        })
      let failure = check(service.name, "on_notices") { err in
        guard let take = table.pointee.on_notices else { return AL_E_UNSUPPORTED }
        return take(service.context, rows, UInt32(notices.count), lost, err)
      }
      if let failure { log(service.name, AL_LOG_ERROR, failure.description) }
    }
  }
}

/// Passes what an engine reports on to the recorder and to the services.
public final class ObserverFan: EngineObserver {
  private let recorder: RunRecorder
  private let hub: NoticeHub
  private let session: UInt64

  public init(_ recorder: RunRecorder, _ hub: NoticeHub, session: UInt64) {
    self.recorder = recorder
    self.hub = hub
    self.session = session
  }

  public func filled(_ event: FillEvent) {
    recorder.filled(event)
    hub.post(
      AL_NOTICE_FILL, time: event.time, instrument: event.instrument, agent: agent(event.owner),
      order: al_order_id_v1(session: session, sequence: event.sequence), a: event.quantity, b: event.price, c: event.fee
    )
  }

  public func denied(_ event: DenialEvent) {
    recorder.denied(event)
    hub.post(
      AL_NOTICE_DENIAL, time: event.time, code: Int32(event.reason), instrument: event.instrument, agent: event.agent,
      order: al_order_id_v1(session: session, sequence: event.sequence), a: event.limit, b: event.value,
      text: Names.denial(event.reason))
  }

  public func halted(_ event: HaltEvent) {
    recorder.halted(event)
    hub.post(
      AL_NOTICE_HALT, time: event.time, code: Int32(event.to.rawValue), a: event.limit, b: event.value,
      text: "\(Names.trigger(event.trigger)) by \(event.actor): \(event.reason)")
  }

  public func refused(agent: Int, refusal: OutputRefusal, time: Int64) {
    recorder.refused(agent: agent, refusal: refusal, time: time)
    hub.post(AL_NOTICE_PLUGIN, time: time, code: Int32(refusal.rawValue), agent: UInt32(agent), text: refusal.name)
  }

  private func agent(_ owner: Owner) -> UInt32 {
    owner.isGroup || owner == .unattributed ? AL_NONE : owner.index
  }
}
