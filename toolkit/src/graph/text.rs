//! Titles, as they come from a table: cleaned of what is not text, measured, and broken into lines.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// Stands for what was cut off.
const ELLIPSIS: &str = "\u{2026}";

/// The text on one line: white space and control characters are single spaces. Characters that turn the
/// direction of what comes after them are left out, as they would reach beyond the title, and so are
/// those that XML forbids.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    let mut words = text
        .split(|one: char| one.is_whitespace() || one.is_control())
        .filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    if first.len() == text.len() && !text.contains(is_no_text) {
        return Cow::Borrowed(text);
    }
    let mut line = first.to_owned();
    for word in words {
        line.push(' ');
        line.push_str(word);
    }
    line.retain(|one| !is_no_text(one));
    Cow::Owned(line)
}

fn is_no_text(character: char) -> bool {
    matches!(
        character,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
    )
}

/// The text, cut after so many characters as a reader counts them.
pub(crate) fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    match text.grapheme_indices(true).nth(limit) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}{ELLIPSIS}", text[..end].trim_end())),
    }
}

/// At most `limit` lines of at most `width` ems. They break after a space or a hyphen where one is near,
/// else anywhere; what does not fit ends in an ellipsis.
pub(super) fn wrap(text: &str, width: f64, limit: usize) -> Vec<String> {
    let mut lines = fill(text, width);
    if lines.len() > limit {
        lines.truncate(limit);
        if let Some(last) = lines.last_mut() {
            end_in_ellipsis(last, width);
        }
        return lines;
    }
    balance(text, width, lines)
}

/// Lines of about the same length, where that takes no more of them and breaks no word.
fn balance(text: &str, width: f64, lines: Vec<String>) -> Vec<String> {
    const STEPS: u8 = 8;
    let longest = pieces(text)
        .map(|piece| ems(piece.trim_end()))
        .fold(0.0, f64::max);
    (1..STEPS)
        .map(|step| width * f64::from(step) / f64::from(STEPS))
        .filter(|narrower| *narrower >= longest)
        .map(|narrower| fill(text, narrower))
        .find(|narrower| narrower.len() <= lines.len())
        .unwrap_or(lines)
}

fn fill(text: &str, width: f64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        if fits(&line, piece, width) {
            line.push_str(piece);
            continue;
        }
        finish(&mut lines, &mut line);
        for grapheme in piece.graphemes(true) {
            if !fits(&line, grapheme, width) {
                finish(&mut lines, &mut line);
            }
            line.push_str(grapheme);
        }
    }
    finish(&mut lines, &mut line);
    lines
}

/// What stands between places where a line may break. Those are looked for among graphemes, as a hyphen
/// under a mark is another character.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut start = 0;
    let ends = text
        .grapheme_indices(true)
        .filter(|(_, grapheme)| matches!(*grapheme, " " | "-" | "/" | "_"))
        .map(|(index, grapheme)| index + grapheme.len())
        .chain(std::iter::once(text.len()));
    ends.map(move |end| &text[std::mem::replace(&mut start, end)..end])
}

fn fits(line: &str, more: &str, width: f64) -> bool {
    ems(line) + ems(more.trim_end()) <= width
}

fn finish(lines: &mut Vec<String>, line: &mut String) {
    let finished = line.trim_end();
    if !finished.is_empty() {
        lines.push(finished.to_owned());
    }
    line.clear();
}

fn end_in_ellipsis(line: &mut String, width: f64) {
    while !fits(line, ELLIPSIS, width) {
        let Some((last, _)) = line.grapheme_indices(true).next_back() else {
            break;
        };
        line.truncate(last);
    }
    line.truncate(line.trim_end().len());
    line.push_str(ELLIPSIS);
}

/// How wide the text is in a sans serif font, in ems. It is an estimate for the wide ones among them, as
/// it is not known which the reader's browser has.
pub(super) fn ems(text: &str) -> f64 {
    text.graphemes(true).map(grapheme_ems).sum()
}

fn grapheme_ems(grapheme: &str) -> f64 {
    if let &[byte] = grapheme.as_bytes() {
        return match byte {
            b'i' | b'j' | b'l' | b'I' | b'.' | b',' | b':' | b';' | b'\'' | b'|' | b'!' => 0.35,
            b' ' | b'f' | b't' | b'r' | b'(' | b')' | b'[' | b']' | b'/' | b'\\' | b'-' | b'J' => {
                0.42
            }
            b'm' | b'w' | b'M' | b'W' | b'@' | b'%' => 1.0,
            b'A'..=b'Z' | b'+' | b'<' | b'=' | b'>' | b'~' | b'#' | b'&' | b'^' => 0.8,
            _ => 0.64,
        };
    }
    match grapheme.width() {
        0 => 0.0,
        1 => 0.75,
        // Ideographs are as wide as they are high, emoji a little wider.
        _ => 1.3,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{cut, ems, one_line, wrap};

    #[test]
    fn a_title_is_one_line() {
        assert_eq!(one_line("Ship it"), "Ship it");
        assert_eq!(
            one_line(" a\r\n\tb\u{0}c\u{1b}[1m\u{2028}d "),
            "a b c [1m d"
        );
        assert_eq!(one_line("\u{202e}evil\u{2066}"), "evil");
        assert_eq!(one_line(" \n"), "");
    }

    #[test]
    fn a_long_title_is_cut_between_characters() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("ab cd", 3), "ab\u{2026}");
        let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
        assert_eq!(cut(&family.repeat(2), 1), format!("{family}\u{2026}"));
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(
            wrap("Measure relevance against the old search", 12.0, 3),
            ["Measure relevance", "against the old", "search"]
        );
        assert_eq!(
            wrap("task_dependencies_rank", 9.0, 3),
            ["task_", "dependencies_", "rank"]
        );
        assert_eq!(wrap("aaaaaaaa", 2.0, 9), ["aaa", "aaa", "aa"]);
        assert_eq!(wrap("one two three four", 4.0, 2), ["one", "two\u{2026}"]);
        assert!(wrap("", 4.0, 2).is_empty());
    }

    proptest! {
        #[test]
        fn lines_fit_and_lose_nothing(text in any::<String>(), width in 3.0..20.0) {
            let text = one_line(&text);
            let lines = wrap(&text, width, usize::MAX);
            for line in &lines {
                prop_assert!(ems(line) <= width + 1e-9, "{line:?} is too wide");
            }
            let without_spaces = |text: &str| text.replace(' ', "");
            prop_assert_eq!(without_spaces(&lines.concat()), without_spaces(&text));
            for limit in 1..3 {
                let few = wrap(&text, width, limit);
                prop_assert!(few.len() <= limit);
                prop_assert!(few.iter().all(|line| ems(line) <= width + 1e-9));
            }
        }
    }
}
