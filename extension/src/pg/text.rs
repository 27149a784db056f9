//! Values of type `text` and `text[]`.
//!
//! pgrx takes the bytes of a text for UTF-8; they are in the encoding of the database.

use pgrx::pg_sys;

use super::boundary;
use super::encoding;
use super::tuple::Value;

/// # Safety
/// `datum` has to be a value of type text, and not NULL.
pub(super) unsafe fn read(datum: pg_sys::Datum) -> String {
    // SAFETY: the caller's promise.
    encoding::decode(&unsafe { bytes(datum) })
}

/// The bytes of a text, read from out of line and uncompressed where they have to be.
///
/// # Safety
/// As [`read`].
pub(super) unsafe fn bytes(datum: pg_sys::Datum) -> Box<[u8]> {
    // SAFETY: the caller's promise: a varlena; detoasting returns it or a copy.
    unsafe {
        let text = pg_sys::pg_detoast_datum_packed(datum.cast_mut_ptr());
        pgrx::varlena::varlena_to_byte_slice(text).into()
    }
}

/// # Safety
/// `datum` has to be a value of type `text[]`, and not NULL.
pub(super) unsafe fn read_array(datum: pg_sys::Datum) -> Vec<Option<String>> {
    let (mut elements, mut nulls, mut count) = (std::ptr::null_mut(), std::ptr::null_mut(), 0);
    let (elements_to, nulls_to, count_to) = (&raw mut elements, &raw mut nulls, &raw mut count);
    // SAFETY: the caller's promise; storage and alignment are those of text.
    boundary::call(|| unsafe {
        let array = pg_sys::pg_detoast_datum(datum.cast_mut_ptr()).cast();
        pg_sys::deconstruct_array(
            array,
            pg_sys::TEXTOID,
            -1,
            false,
            pg_sys::TYPALIGN_INT as std::ffi::c_char,
            elements_to,
            nulls_to,
            count_to,
        );
    });
    (0..usize::try_from(count).unwrap_or_default())
        // SAFETY: both arrays have `count` members, which are texts where they are not NULL.
        .map(|index| unsafe { (!*nulls.add(index)).then(|| read(*elements.add(index))) })
        .collect()
}

/// A text that is made once and written many times.
#[derive(Clone)]
pub(crate) struct KeptText(Box<[u32]>);

impl KeptText {
    /// Of bytes in the database's encoding.
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let size = pg_sys::VARHDRSZ + bytes.len();
        let mut text = vec![0_u32; size.div_ceil(size_of::<u32>())].into_boxed_slice();
        // SAFETY: there is room for the header and the bytes, at the alignment of a varlena.
        unsafe {
            let start = text.as_mut_ptr().cast::<u8>();
            pgrx::varlena::set_varsize_4b(start.cast(), size as i32);
            let to = start.add(pg_sys::VARHDRSZ);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
        }
        Self(text)
    }

    pub(crate) fn value(&self) -> Value<'_> {
        Value::from_datum(pg_sys::Datum::from(self.0.as_ptr().cast_mut()))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: it was made whole.
        unsafe { pgrx::varlena::varlena_to_byte_slice(self.0.as_ptr().cast()) }
    }
}

/// The text as a value.
pub(super) fn make(text: &str) -> pg_sys::Datum {
    of_bytes(&encoding::encode(text))
}

/// Bytes in the database's encoding as a text.
pub(super) fn of_bytes(bytes: &[u8]) -> pg_sys::Datum {
    let (start, length) = (bytes.as_ptr().cast(), bytes.len() as i32);
    // SAFETY: the bytes are copied into a palloc'd text.
    boundary::call(|| unsafe {
        pg_sys::Datum::from(pg_sys::cstring_to_text_with_len(start, length))
    })
}

/// The texts as an array.
pub(super) fn make_array(texts: &[String]) -> pg_sys::Datum {
    let mut elements: Vec<_> = texts.iter().map(|text| make(text)).collect();
    let (count, elements) = (elements.len() as i32, elements.as_mut_ptr());
    // SAFETY: the elements are texts, and storage and alignment are those of text.
    boundary::call(|| unsafe {
        pg_sys::Datum::from(pg_sys::construct_array(
            elements,
            count,
            pg_sys::TEXTOID,
            -1,
            false,
            pg_sys::TYPALIGN_INT as std::ffi::c_char,
        ))
    })
}
