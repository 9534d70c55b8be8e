//! The codes on a page that was scanned or photographed: turned a little, grey, dusty, of 150 dpi or more.

use super::{PageCode, PaperError};
use image::imageops::{FilterType, crop_imm, resize};
use image::{DynamicImage, GrayImage, ImageReader, Limits, Luma};
use memchr::memmem;
use std::collections::BTreeSet;
use std::io::Cursor;

/// The codes of forms in a picture (PNG or JPEG), or in the scanned pictures (JPEG) of a PDF, each once.
///
/// # Errors
/// No picture, no code, or a spoilt one.
pub fn scan(file: &[u8]) -> Result<Vec<PageCode>, PaperError> {
    if !file.starts_with(b"%PDF") {
        return read(&picture(file)?);
    }
    let mut codes = BTreeSet::new();
    let mut why = PaperError::NoPicture;
    for jpeg in jpegs(file) {
        match picture(jpeg).and_then(|picture| read(&picture)) {
            Ok(found) => codes.extend(found),
            Err(error) => why = error,
        }
    }
    if codes.is_empty() { Err(why) } else { Ok(codes.into_iter().collect()) }
}

fn picture(bytes: &[u8]) -> Result<GrayImage, PaperError> {
    let unread = |source| PaperError::Picture { source };
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|source| unread(image::ImageError::IoError(source)))?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(BYTES_MAX);
    reader.limits(limits);
    reader.decode().map_err(unread).map(DynamicImage::into_luma8)
}

/// Looks at the picture as it is, then at each corner without its grain, larger and in black and white, and at last at a
/// smaller one: each shows codes that the others miss.
fn read(picture: &GrayImage) -> Result<Vec<PageCode>, PaperError> {
    let mut why = PaperError::NoCode;
    let looks: [&dyn Fn() -> Vec<GrayImage>; 4] = [
        &|| vec![picture.clone()],
        &|| corners(picture).map(|corner| black_and_white(scaled(&smooth(&smooth(&corner)), 2, 1))).collect(),
        &|| corners(picture).map(|corner| black_and_white(smooth(&corner))).collect(),
        &|| vec![scaled(picture, 1, 2)],
    ];
    for look in looks {
        let mut codes = BTreeSet::new();
        for text in look().iter().flat_map(texts) {
            match text.parse::<PageCode>() {
                Ok(code) => {
                    codes.insert(code);
                }
                Err(error @ PaperError::SpoiltCode) => why = error,
                Err(_) => {} // another code on the same sheet
            }
        }
        if !codes.is_empty() {
            return Ok(codes.into_iter().collect());
        }
    }
    Err(why)
}

/// The corners of a picture, each large enough to hold a code that stands over its edge.
fn corners(picture: &GrayImage) -> impl Iterator<Item = GrayImage> {
    let (width, height) = picture.dimensions();
    let (part_width, part_height) = (width - width * 2 / 5, height - height * 3 / 5);
    let (right, bottom) = (width - part_width, height - part_height);
    // a page of ours has its code at the lower right: that corner first
    [(right, bottom), (0, 0), (0, bottom), (right, 0)]
        .into_iter()
        .map(move |(x, y)| crop_imm(picture, x, y, part_width, part_height).to_image())
}

fn scaled(picture: &GrayImage, numerator: u32, denominator: u32) -> GrayImage {
    let side = |side: u32| (side * numerator / denominator).clamp(1, SIDE_MAX);
    resize(picture, side(picture.width()), side(picture.height()), FilterType::Triangle)
}

/// Each dot with its neighbours, in the weights 1, 2, 1 both ways.
fn smooth(picture: &GrayImage) -> GrayImage {
    let across = |picture: &GrayImage, (right, down): (u32, u32)| {
        GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
            let here = u16::from(dot(picture, x, y).unwrap_or(u8::MAX));
            let beside = |x: u32, y: u32| dot(picture, x, y).map_or(here, u16::from);
            let before = beside(x.wrapping_sub(right), y.wrapping_sub(down));
            let sum = before + 2 * here + beside(x + right, y + down);
            Luma([u8::try_from(sum / 4).unwrap_or(u8::MAX)])
        })
    };
    across(&across(picture, (1, 0)), (0, 1))
}

/// Dark and light parted where the two differ most (Otsu).
fn black_and_white(mut picture: GrayImage) -> GrayImage {
    let mut counts = [0_u128; 256];
    for shade in picture.iter() {
        if let Some(count) = counts.get_mut(usize::from(*shade)) {
            *count += 1;
        }
    }
    let shades = || (0_u128..).zip(counts);
    let all: u128 = counts.iter().sum();
    let sum: u128 = shades().map(|(shade, count)| shade * count).sum();
    let (mut dark, mut dark_sum, mut best, mut at) = (0, 0, 0, 0);
    for (shade, count) in shades() {
        dark += count;
        dark_sum += shade * count;
        let apart = (all * dark_sum).abs_diff(dark * sum);
        let difference = (apart * apart).checked_div(dark * (all - dark)).unwrap_or_default();
        if difference > best {
            (best, at) = (difference, shade);
        }
    }
    picture.iter_mut().for_each(|shade| *shade = if u128::from(*shade) <= at { 0 } else { u8::MAX });
    picture
}

fn dot(picture: &GrayImage, x: u32, y: u32) -> Option<u8> {
    picture.get_pixel_checked(x, y).and_then(|dot| dot.0.first().copied())
}

fn texts(picture: &GrayImage) -> Vec<String> {
    let (width, height) = picture.dimensions();
    let side = |side: u32| usize::try_from(side).unwrap_or_default();
    let shade = |x: usize, y: usize| {
        let (x, y) = (u32::try_from(x).unwrap_or(u32::MAX), u32::try_from(y).unwrap_or(u32::MAX));
        dot(picture, x, y).unwrap_or(u8::MAX)
    };
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(side(width), side(height), shade);
    let grids = prepared.detect_grids();
    grids.iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect()
}

/// The JPEG streams of a PDF, as scanners write them.
fn jpegs(pdf: &[u8]) -> impl Iterator<Item = &[u8]> {
    let starts = memmem::find_iter(pdf, b"stream").map(|at| at + b"stream".len());
    starts.filter_map(|start| {
        let rest = pdf.get(start..)?;
        let rest = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n"))?;
        let length = memmem::find(rest, b"endstream")?;
        rest.get(..length).filter(|stream| stream.starts_with(b"\xff\xd8\xff"))
    })
}

/// A4 at 1200 dpi is 14,032 dots high.
const SIDE_MAX: u32 = 15_000;
const BYTES_MAX: u64 = 700_000_000;
