//! QR codes as pictures that a page can show without asking for anything.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};
use qrcodegen::{QrCode, QrCodeEcc};
use zeroize::Zeroizing;

/// Light modules around the code (ISO/IEC 18004 §6.3.8).
const QUIET: u32 = 4;
/// Pixels of a module in each direction.
const SCALE: u32 = 4;

/// The code of `text` as a `data:image/png` URI. `None` when the text is too long for a code.
pub(crate) fn data_uri(text: &str) -> Option<Zeroizing<String>> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium);
    let code = code.or_else(|_| QrCode::encode_text(text, QrCodeEcc::Low)).ok()?;
    let picture = png(&code).ok()?;
    let mut uri = Zeroizing::new(String::with_capacity(32 + picture.len() * 4 / 3));
    uri.push_str("data:image/png;base64,");
    STANDARD.encode_string(picture.as_slice(), &mut uri);
    Some(uri)
}

/// One bit a pixel.
fn png(code: &QrCode) -> Result<Zeroizing<Vec<u8>>, EncodingError> {
    let side = side(code);
    let mut picture = Zeroizing::new(Vec::with_capacity(8 * 1024));
    let out: &mut Vec<u8> = &mut picture;
    let mut encoder = Encoder::new(out, side, side);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    encoder.set_compression(Compression::High);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels(code, side))?;
    writer.finish()?;
    Ok(picture)
}

/// Pixels of an edge of the picture.
fn side(code: &QrCode) -> u32 {
    (code.size().unsigned_abs() + 2 * QUIET) * SCALE
}

/// The rows of the picture, each of whole bytes: a set bit is light.
fn pixels(code: &QrCode, side: u32) -> Zeroizing<Vec<u8>> {
    let mut rows = Zeroizing::new(Vec::new());
    for y in 0..side {
        for x in (0..side).step_by(8) {
            let dark = |bit: u32| is_dark(code, x + bit, y);
            rows.push((0..8).fold(0, |byte, bit| byte << 1 | u8::from(!dark(bit))));
        }
    }
    rows
}

fn is_dark(code: &QrCode, x: u32, y: u32) -> bool {
    let module = |pixel: u32| (pixel / SCALE).checked_sub(QUIET).and_then(|it| it.try_into().ok());
    // What lies outside of the code is light.
    module(x).zip(module(y)).is_some_and(|(x, y)| code.get_module(x, y))
}

#[cfg(test)]
mod tests {
    use super::*;
    use png::Decoder;
    use std::io::Cursor;

    const URI: &str = "otpauth://totp/Userstore:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&\
                       issuer=Userstore";

    /// The rows of pixels of a data URI, true where they are dark.
    fn shown(uri: &str) -> Vec<Vec<bool>> {
        let encoded = uri.strip_prefix("data:image/png;base64,").expect("a PNG");
        let picture = STANDARD.decode(encoded).expect("base64");
        let mut reader = Decoder::new(Cursor::new(picture)).read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let frame = reader.next_frame(&mut pixels).expect("a picture");
        assert_eq!((frame.color_type, frame.bit_depth), (ColorType::Grayscale, BitDepth::One));
        let row = |bytes: &[u8]| {
            let bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
            bits.take(frame.width as usize).map(|bit| bit == 0).collect()
        };
        pixels.chunks(frame.line_size).map(row).collect()
    }

    #[test]
    fn the_picture_is_the_code_in_a_quiet_zone() {
        let rows = shown(&data_uri(URI).expect("a code"));
        let code = QrCode::encode_text(URI, QrCodeEcc::Medium).expect("short enough");
        let side = rows.len();
        assert_eq!(side, usize::try_from((code.size() + 8) * 4).expect("a size"));
        for (y, row) in rows.iter().enumerate() {
            assert_eq!(row.len(), side);
            for (x, dark) in row.iter().enumerate() {
                let module = |pixel: usize| i32::try_from(pixel / 4).expect("small") - 4;
                assert_eq!(*dark, code.get_module(module(x), module(y)), "{x} {y}");
            }
        }
    }

    #[test]
    fn the_picture_is_small() {
        assert!(data_uri(URI).expect("a code").len() < 3_000);
    }

    #[test]
    fn what_is_too_long_for_a_code_has_none() {
        assert!(data_uri(&"x".repeat(2_500)).is_some());
        assert!(data_uri(&"x".repeat(3_000)).is_none());
    }
}
