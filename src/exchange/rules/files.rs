//! The files of `schemas/` that judge documents: compiled into the program, or read from a folder in their place.

use super::RulesError;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Schema files by their path below `schemas/`, such as `codelists/sex.toml`.
#[derive(Debug, Clone)]
pub struct SchemaFiles {
    texts: BTreeMap<String, Cow<'static, str>>,
}

macro_rules! embedded {
    ($($path:literal,)*) => {
        &[$(($path, include_str!(concat!("../../../schemas/", $path)))),*]
    };
}

const EMBEDDED: &[(&str, &str)] = embedded![
    "base/EEC_M_BaseDataTypes_v0.4.12.xsd",
    "base/EEC_M_ComplexDataObjects_v0.4.12.xsd",
    "base/EEC_M_SimpleDataObjects_v0.4.12.xsd",
    "base/EEC_R_GenericEDocDetails_v1.0.0.xsd",
    "base/EEC_R_ProcessingResultDetails_v1.0.7.xsd",
    "base/EEC_R_ResourceStatusDetails_v1.0.0.xsd",
    "base/R.006.rules.toml",
    "base/R.007.rules.toml",
    "base/R.010.rules.toml",
    "base/header.rules.part.toml",
    "base/person.rules.part.toml",
    "codelists/applicant-kinds.toml",
    "codelists/body-roles.toml",
    "codelists/case-close-reasons.toml",
    "codelists/certificate-purposes.toml",
    "codelists/check-grounds.toml",
    "codelists/check-refusals.toml",
    "codelists/circumstances.toml",
    "codelists/consent-levels.toml",
    "codelists/consent-sections.toml",
    "codelists/contact-channels.toml",
    "codelists/contract-kinds.toml",
    "codelists/contribution-kinds.toml",
    "codelists/countries.toml",
    "codelists/currencies.toml",
    "codelists/decision-kinds.toml",
    "codelists/disability-causes.toml",
    "codelists/disability-groups.toml",
    "codelists/driving-licences.toml",
    "codelists/education-forms.toml",
    "codelists/employer-registers.toml",
    "codelists/employment-bases.toml",
    "codelists/evidence-kinds.toml",
    "codelists/examination-kinds.toml",
    "codelists/examination-values.toml",
    "codelists/experience-bands.toml",
    "codelists/fact-channels.toml",
    "codelists/fact-purposes.toml",
    "codelists/forwarding-reasons.toml",
    "codelists/function-impairments.toml",
    "codelists/identifier-kinds.toml",
    "codelists/identity-answers.toml",
    "codelists/inquiry-purposes.toml",
    "codelists/invalidation-reasons.toml",
    "codelists/kinship-degrees.toml",
    "codelists/labour-activity-forms.toml",
    "codelists/language-levels.toml",
    "codelists/occupation-relations.toml",
    "codelists/occupation-schemes.toml",
    "codelists/offering-kinds.toml",
    "codelists/pay-intervals.toml",
    "codelists/pay-taxes.toml",
    "codelists/pension-components.toml",
    "codelists/pension-inquiry-kinds.toml",
    "codelists/pension-kinds.toml",
    "codelists/period-kinds.toml",
    "codelists/processing-results.toml",
    "codelists/refusal-reasons.toml",
    "codelists/remote-work.toml",
    "codelists/schedule-kinds.toml",
    "codelists/schooling-levels.toml",
    "codelists/sex.toml",
    "codelists/special-condition-kinds.toml",
    "codelists/vacancy-statuses.toml",
    "codelists/verification-results.toml",
    "codelists/withholding-answers.toml",
    "envelope/EEC_Signal_v1.0.xsd",
    "facts/R.XP.XP.06.001.rules.toml",
    "facts/R.XP.XP.06.002.rules.toml",
    "facts/R.XP.XP.06.003.rules.toml",
    "facts/X_M_FactDataObjects_v1.0.0.xsd",
    "facts/X_R_XP_XP_06_FactInquiry_v1.0.0.xsd",
    "facts/X_R_XP_XP_06_FactOffer_v1.0.0.xsd",
    "facts/X_R_XP_XP_06_Fact_v1.0.0.xsd",
    "facts/bases.toml",
    "facts/events.toml",
    "facts/kinds.toml",
    "facts/rows.toml",
    "labour/R.XL.XL.01.001.rules.toml",
    "labour/R.XL.XL.01.002.rules.toml",
    "labour/R.XL.XL.01.003.rules.toml",
    "labour/R.XL.XL.01.004.rules.toml",
    "labour/R.XL.XL.01.005.rules.toml",
    "labour/R.XL.XL.02.001.rules.toml",
    "labour/R.XL.XL.03.001.rules.toml",
    "labour/X_M_LabourDataObjects_v1.0.0.xsd",
    "labour/X_R_XL_XL_01_CandidateProfile_v1.0.0.xsd",
    "labour/X_R_XL_XL_01_Interest_v1.0.0.xsd",
    "labour/X_R_XL_XL_01_RevealEnd_v1.0.0.xsd",
    "labour/X_R_XL_XL_01_Reveal_v1.0.0.xsd",
    "labour/X_R_XL_XL_01_Vacancy_v1.0.0.xsd",
    "labour/X_R_XL_XL_02_JobOffer_v1.0.0.xsd",
    "labour/X_R_XL_XL_03_EmploymentRecord_v1.0.0.xsd",
    "labour/ads.toml",
    "labour/recognition.toml",
    "labour/skills.toml",
    "labour/weights.toml",
    "pension/R.XP.XP.03.001.rules.toml",
    "pension/R.XP.XP.03.002.rules.toml",
    "pension/R.XP.XP.03.003.rules.toml",
    "pension/R.XP.XP.03.004.rules.toml",
    "pension/R.XP.XP.03.005.rules.toml",
    "pension/R.XP.XP.03.006.rules.toml",
    "pension/R.XP.XP.03.007.rules.toml",
    "pension/R.XP.XP.03.008.rules.toml",
    "pension/R.XP.XP.03.009.rules.toml",
    "pension/R.XP.XP.03.010.rules.toml",
    "pension/R.XP.XP.03.011.rules.toml",
    "pension/R.XP.XP.03.012.rules.toml",
    "pension/R.XP.XP.03.013.rules.toml",
    "pension/R.XP.XP.03.014.rules.toml",
    "pension/R.XP.XP.03.015.rules.toml",
    "pension/R.XP.XP.03.016.rules.toml",
    "pension/R.XP.XP.03.017.rules.toml",
    "pension/R.XP.XP.03.018.rules.toml",
    "pension/R.XP.XP.04.001.rules.toml",
    "pension/R.XP.XP.04.002.rules.toml",
    "pension/R.XP.XP.04.003.rules.toml",
    "pension/R.XP.XP.04.004.rules.toml",
    "pension/R.XP.XP.04.005.rules.toml",
    "pension/R.XP.XP.04.006.rules.toml",
    "pension/R.XP.XP.04.007.rules.toml",
    "pension/R.XP.XP.05.001.rules.toml",
    "pension/R.XP.XP.05.002.rules.toml",
    "pension/R.XP.XP.05.003.rules.toml",
    "pension/R.XP.XP.05.004.rules.toml",
    "pension/R.XP.XP.07.001.rules.toml",
    "pension/R.XP.XP.07.002.rules.toml",
    "pension/R.XP.XP.07.003.rules.toml",
    "pension/R.XP.XP.07.004.rules.toml",
    "pension/R.XP.XP.07.005.rules.toml",
    "pension/X_M_CaseDataObjects_v1.0.0.xsd",
    "pension/X_M_CheckDataObjects_v1.0.0.xsd",
    "pension/X_R_XP_XP_03_ClarificationAnswer_v1.0.0.xsd",
    "pension/X_R_XP_XP_03_Clarification_v1.0.0.xsd",
    "pension/X_R_XP_XP_03_Closure_v1.0.0.xsd",
    "pension/X_R_XP_XP_03_DisabilityDecision_v1.0.0.xsd",
    "pension/X_R_XP_XP_03_ExaminationRecord_v1.0.0.xsd",
    "pension/X_R_XP_XP_03_ExaminationRequest_v1.0.0.xsd",
    "pension/X_R_XP_XP_03_FamilyInquiry_v1.0.0.xsd",
    "pension/X_R_XP_XP_03_FamilyRecord_v1.0.0.xsd",
    "pension/X_R_XP_XP_03_Forwarding_v1.0.0.xsd",
    "pension/X_R_XP_XP_03_Invalidation_v1.0.0.xsd",
    "pension/X_R_XP_XP_03_PensionClaim_v1.0.0.xsd",
    "pension/X_R_XP_XP_03_PensionDecision_v1.0.0.xsd",
    "pension/X_R_XP_XP_03_Rejection_v1.0.0.xsd",
    "pension/X_R_XP_XP_03_RelocationNotice_v1.0.0.xsd",
    "pension/X_R_XP_XP_03_Reminder_v1.0.0.xsd",
    "pension/X_R_XP_XP_03_Update_v1.0.0.xsd",
    "pension/X_R_XP_XP_03_VerificationRecord_v1.0.0.xsd",
    "pension/X_R_XP_XP_03_VerificationRequest_v1.0.0.xsd",
    "pension/X_R_XP_XP_04_AmountsInquiry_v1.0.0.xsd",
    "pension/X_R_XP_XP_04_AmountsRecord_v1.0.0.xsd",
    "pension/X_R_XP_XP_04_CertificateRequest_v1.0.0.xsd",
    "pension/X_R_XP_XP_04_CircumstanceNotice_v1.0.0.xsd",
    "pension/X_R_XP_XP_04_PaymentCertificate_v1.0.0.xsd",
    "pension/X_R_XP_XP_04_WithholdingAnswer_v1.0.0.xsd",
    "pension/X_R_XP_XP_04_WithholdingRequest_v1.0.0.xsd",
    "pension/X_R_XP_XP_05_BodyDirectory_v1.0.0.xsd",
    "pension/X_R_XP_XP_05_CommissionAnswer_v1.0.0.xsd",
    "pension/X_R_XP_XP_05_CommissionInquiry_v1.0.0.xsd",
    "pension/X_R_XP_XP_05_LawChange_v1.0.0.xsd",
    "pension/X_R_XP_XP_07_CheckAnswer_v1.0.0.xsd",
    "pension/X_R_XP_XP_07_CheckBatch_v1.0.0.xsd",
    "pension/X_R_XP_XP_07_CheckOpening_v1.0.0.xsd",
    "pension/X_R_XP_XP_07_CheckReply_v1.0.0.xsd",
    "pension/X_R_XP_XP_07_CheckResult_v1.0.0.xsd",
    "pension/R.XP.XP.01.001.rules.toml",
    "pension/R.XP.XP.01.002.rules.toml",
    "pension/X_M_PensionDataObjects_v1.0.0.xsd",
    "pension/X_R_XP_XP_01_InsuranceRecordInquiry_v1.0.0.xsd",
    "pension/X_R_XP_XP_01_InsuranceRecord_v1.0.0.xsd",
    "seal/EEC_SignedData_v1.0_EDoc.xsd",
    "seal/xmldsig_minimal.xsd",
];

/// The folders below `schemas/` that hold them.
const FOLDERS: [&str; 7] = ["base", "codelists", "envelope", "facts", "labour", "pension", "seal"];

impl SchemaFiles {
    /// The files compiled into the program.
    pub fn built_in() -> Self {
        let texts = EMBEDDED.iter().map(|(path, text)| ((*path).to_owned(), Cow::Borrowed(*text)));
        Self { texts: texts.collect() }
    }

    /// Every file: its path below `schemas/` and its text.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_ref()))
    }

    /// The files of a folder that is laid out as `schemas/` is; none of the compiled-in ones is used.
    ///
    /// # Errors
    /// A folder or file that cannot be read.
    pub fn from_folder(root: &Path) -> Result<Self, RulesError> {
        let mut texts = BTreeMap::new();
        for folder in FOLDERS {
            let path = root.join(folder);
            if !path.is_dir() {
                continue;
            }
            let unreadable = |source| RulesError::Read { path: path.clone(), source };
            for entry in fs::read_dir(&path).map_err(unreadable)? {
                let file = entry.map_err(unreadable)?.path();
                let Some(name) = file.file_name().and_then(|name| name.to_str()) else { continue };
                if name.ends_with(".xsd") || name.ends_with(".toml") {
                    let text = fs::read_to_string(&file)
                        .map_err(|source| RulesError::Read { path: file.clone(), source })?;
                    texts.insert(format!("{folder}/{name}"), Cow::Owned(text));
                }
            }
        }
        Ok(Self { texts })
    }

    /// The same files with another text of one.
    #[cfg(test)]
    pub(super) fn with(mut self, path: &str, text: &str) -> Self {
        self.texts.insert(path.to_owned(), Cow::Owned(text.to_owned()));
        self
    }

    /// Whether one of them is not the program's own.
    pub(super) fn has_own(&self) -> bool {
        self.texts.values().any(|text| matches!(text, Cow::Owned(_)))
    }

    /// The text of one file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(AsRef::as_ref)
    }

    /// The files whose path ends so, in the order of their paths.
    pub(super) fn ending_in(&self, ending: &str) -> impl Iterator<Item = (&str, &str)> {
        self.texts
            .iter()
            .filter(move |(path, _)| path.ends_with(ending))
            .map(|(path, text)| (path.as_str(), text.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_compiled_in() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
        assert_eq!(SchemaFiles::from_folder(&root).unwrap().texts, SchemaFiles::built_in().texts);
    }
}
