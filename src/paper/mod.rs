//! Paper as a wire: an interstate document printed as a form of A4 pages, and what a scanned page says of its document.
//!
//! The form is drawn from the elements of the document, whatever its structure is; titles and labels are data
//! (`schemas/forms`). The same document gives the same bytes. Every page carries a code that names the document, so
//! that a single page finds it again. Whether a document is true is not decided here: paper vouches for nothing.

mod blocks;
mod code;
mod error;
mod flow;
mod font;
mod form;
mod labels;
mod page;
mod pdf;
mod scan;
mod value;

pub use code::PageCode;
pub use error::PaperError;
pub use form::{Form, Way, print};
pub use scan::scan;
