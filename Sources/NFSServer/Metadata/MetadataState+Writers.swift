public import NFSv4

/// What the holder of a write delegation says of the file by CB_GETATTR (RFC 8881 §10.4.3).
struct WriterAnswer: Sendable {
  /// CB_GETATTR is under way since then.
  var asked: Duration?
  var answered: Duration?
  var size: UInt64 = 0
  /// It has changed the file since it got the delegation.
  var isModified = false
  /// How often others were told that it has.
  var tellings: UInt64 = 0
}

/// What another client's GETATTR has to say of a file that somebody may have cached writes of.
public enum WriterView: Sendable {
  /// What the file system says.
  case asStored
  /// The file has this size, and its change attribute is to be raised by so much.
  case modified(size: UInt64, changeOffset: UInt64)
  /// The holder is being asked: again later.
  case wait([MetadataDirective])
}

extension MetadataState {
  /// For so long the holder of a write delegation may leave CB_GETATTR unanswered until the
  /// delegation is recalled.
  static var writerPatience: Duration { .seconds(1) }

  /// The view of a file for a client that asks for its attributes.
  /// - Parameter since: when it asked: the holder's answer must not be older.
  public mutating func viewOfWriter(
    _ file: NfsFh4, for clientid: Clientid4, since: Duration, now: Duration
  ) -> WriterView {
    guard let other = files[file]?.writeDelegation, let held = delegations[other],
      held.clientid != clientid
    else { return .asStored }
    var answer = writerAnswers[other] ?? WriterAnswer()
    if let answered = answer.answered, answered >= since {
      guard answer.isModified else { return .asStored }
      // Each time another one, as the holder may change it between any two.
      answer.tellings += 1
      writerAnswers[other] = answer
      return .modified(size: answer.size, changeOffset: answer.tellings)
    }
    guard let asked = answer.asked else {
      answer.asked = now
      writerAnswers[other] = answer
      return .wait([.askWriter(held)])
    }
    return .wait(now - asked > Self.writerPatience ? recallDelegation(other, now: now) : [])
  }

  /// The holder of a write delegation answered CB_GETATTR, or could not.
  /// - Parameter attributes: what it said; nil: nothing, and the delegation is recalled.
  public mutating func writerAnswered(
    _ stateid: Stateid4, _ attributes: FileAttributes?, now: Duration
  ) -> [MetadataDirective] {
    let other = stateid.other
    guard let held = delegations[other], held.isWriting else { return [] }
    guard let change = attributes?.change, let size = attributes?.size else {
      return recallDelegation(other, now: now)
    }
    var answer = writerAnswers[other] ?? WriterAnswer()
    answer.asked = nil
    answer.answered = now
    answer.size = size
    answer.isModified = change != held.change
    writerAnswers[other] = answer
    events.cleared.append(held.file)
    return []
  }
}
