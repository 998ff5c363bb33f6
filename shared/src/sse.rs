//! A decoder for server-sent events (WHATWG HTML §9.2.6), fed with chunks as they arrive.

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SseEvent {
    /// The `event` field, `message` when absent.
    #[cfg_attr(feature = "openapi", schema(rename = "event"))]
    pub name: String,
    /// The `data` lines, joined by line feeds.
    pub data: String,
}

/// The stream sent more without an event boundary than the decoder holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SseTooLong;

impl std::fmt::Display for SseTooLong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "an event is longer than {} bytes", SseDecoder::MAX_EVENT_BYTES)
    }
}

impl std::error::Error for SseTooLong {}

/// Turns bytes into events; holds at most one unfinished event.
#[derive(Debug, Default)]
pub struct SseDecoder {
    line: Vec<u8>,
    after_cr: bool,
    name: String,
    data: String,
    has_data: bool,
}

impl SseDecoder {
    /// Larger than any answer the server accepts, small enough that a stream without line ends cannot eat memory.
    pub const MAX_EVENT_BYTES: usize = 1 << 20;

    /// Feeds one chunk; returns the events it completed.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<SseEvent>, SseTooLong> {
        let mut events = Vec::new();
        for &byte in chunk {
            let follows_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
            match byte {
                b'\n' if follows_cr => {}
                b'\n' | b'\r' => events.extend(self.end_line()),
                _ => self.line.push(byte),
            }
            if self.line.len() + self.data.len() > Self::MAX_EVENT_BYTES {
                return Err(SseTooLong);
            }
        }
        Ok(events)
    }

    /// The event that was still open when the stream ended: providers do forget the last blank line.
    pub fn finish(&mut self) -> Option<SseEvent> {
        let event = if self.line.is_empty() { None } else { self.end_line() };
        event.or_else(|| self.dispatch())
    }

    fn end_line(&mut self) -> Option<SseEvent> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let line = line.strip_prefix('\u{feff}').unwrap_or(&line);
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                if self.has_data {
                    self.data.push('\n');
                }
                self.data.push_str(value);
                self.has_data = true;
            }
            _ => {}
        }
        None
    }

    fn dispatch(&mut self) -> Option<SseEvent> {
        let name = std::mem::take(&mut self.name);
        let data = std::mem::take(&mut self.data);
        std::mem::take(&mut self.has_data)
            .then(|| SseEvent { name: if name.is_empty() { "message".into() } else { name }, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(chunks: &[&[u8]]) -> Vec<(String, String)> {
        let mut decoder = SseDecoder::default();
        let mut events: Vec<_> = chunks.iter().flat_map(|chunk| decoder.push(chunk).unwrap()).collect();
        events.extend(decoder.finish());
        events.into_iter().map(|event| (event.name, event.data)).collect()
    }

    #[test]
    fn line_ends_comments_and_splits_do_not_matter() {
        let expected = vec![("message".to_owned(), "a\nb".to_owned()), ("done".to_owned(), String::new())];
        let text = ": hi\r\ndata: a\r\ndata:b\r\n\r\nevent: done\rdata\r\rid: 7\n\n".as_bytes();
        assert_eq!(decode(&[text]), expected);
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(decode(&bytes), expected);
    }

    #[test]
    fn the_last_event_needs_no_blank_line() {
        assert_eq!(decode(&[b"data: x"]), vec![("message".to_owned(), "x".to_owned())]);
    }

    #[test]
    fn characters_may_be_split_across_chunks() {
        let text = "data: 猫\n\n".as_bytes();
        assert_eq!(decode(&[&text[..7], &text[7..]])[0].1, "猫");
    }

    #[test]
    fn an_endless_line_is_an_error() {
        let mut decoder = SseDecoder::default();
        assert_eq!(decoder.push(&vec![b'x'; SseDecoder::MAX_EVENT_BYTES + 1]), Err(SseTooLong));
    }
}
