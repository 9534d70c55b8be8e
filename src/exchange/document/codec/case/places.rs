//! Where each field of a case document stands, in the order of its schema.

use super::HOME;
use crate::base::Finding;
use crate::exchange::canonical::case::{
    AmountsInquiry, AmountsRecord, Answer, Body, BodyDirectory, CertificateRequest, CircumstanceNotice,
    Clarification, ClarificationAnswer, Closure, CommissionAnswer, CommissionInquiry, DirectoryEntry,
    Disability, DisabilityDecision, ExaminationRecord, ExaminationRequest, FamilyInquiry, FamilyMember,
    FamilyRecord, Filing, Forwarding, Installment, Invalidation, LawChange, Payment, PaymentCertificate,
    PensionClaim, PensionComponent, PensionDecision, Question, ReceivedPension, Rejection, RelocationNotice,
    Reminder, Representative, Residence, ServiceTotal, TestResult, Update, VerificationRecord,
    VerificationRequest, VerifiedDocument, WithholdingAnswer, WithholdingRequest,
};
use crate::exchange::document::CanonicalWriter;
use crate::exchange::document::codec::dice::Dice;
use crate::exchange::document::codec::field::{At, Inside, Reading, Slot, at, fields};
use crate::exchange::document::codec::fields::Fields;

fields! {
    Body {
        id: "BodyId",
        name: "BodyName",
    }
    Filing {
        state: "FilingCountryCode" in "2021",
        body: "BodyDetails",
        at: "FiledDateTime",
    }
    Residence {
        country: "ResidenceCountryCode" in "2021",
        region: "RegionName",
        locality: "LocalityName",
        address: "AddressText",
    }
    ReceivedPension {
        state: "PayerCountryCode" in "2021",
        kind: "PensionKindCode" in "XPT",
        from: "PensionStartDate",
    }
    Representative {
        kind: "ApplicantKindCode" in "XAP",
        person: "PersonDetails",
    }
    PensionComponent {
        component: "ComponentCode" in "XPC",
        amount: "PensionAmount",
        days: "ValidityDetails",
    }
    ServiceTotal {
        state: "ServiceCountryCode" in "2021",
        years: "YearQuantity",
        months: "MonthQuantity",
        days: "DayQuantity",
    }
    Question {
        number: "QuestionOrdinal",
        about: "ElementName",
        text: "QuestionText",
    }
    Answer {
        number: "QuestionOrdinal",
        text: "AnswerText",
        value: "AnswerValue",
    }
    TestResult {
        kind: "ExaminationKindCode" in "XLT",
        taken_on: "ExaminationDate",
        result: "ResultCode" in "XMR",
        text: "ResultText",
    }
    Disability {
        group: "DisabilityGroupCode" in "XDG",
        cause: "DisabilityCauseCode" in "XDC",
        days: "ValidityDetails",
    }
    FamilyMember {
        person: "PersonDetails",
        kinship: "KinshipCode" in "XKN",
        is_dependant: "DependentIndicator",
        education: "EducationFormCode" in "XED",
        studies_until: "StudyEndDate",
        disability: "DisabilityGroupCode" in "XDG",
    }
    Payment {
        kind: "PensionKindCode" in "XPT",
        month: "PaymentMonth",
        component: "ComponentCode" in "XPC",
        amount: "PensionAmount",
    }
    Installment {
        month: "PaymentMonth",
        amount: "WithheldAmount",
    }
    VerifiedDocument {
        number: "VerifiedDocId",
        result: "VerificationResultCode" in "XVR",
        text: "ExplanationText",
    }
    DirectoryEntry {
        body: "BodyDetails",
        role: "BodyRoleCode" in "XBR",
        kinds: "PensionKindCode" in "XPT",
        address: "AddressText",
        days: "ValidityDetails",
    }
    PensionClaim {
        head: "CaseHeadDetails",
        person: "PersonDetails",
        applicant: "ApplicantKindCode" in "XAP",
        representative: "RepresentativeDetails",
        kinds: some "PensionKindCode" in "XPT",
        wished_from: "WishedStartDate",
        residence: "ResidenceDetails",
        worked_in: "EmploymentCountryCode" in "2021",
        pensions: "ReceivedPensionDetails",
        evidence: "EvidenceDetails",
    }
    PensionDecision {
        head: "CaseHeadDetails",
        person: "PersonDetails",
        kind: "PensionKindCode" in "XPT",
        decision: "DecisionKindCode" in "XDK",
        number: "DecisionId",
        decided_on: "DecisionDate",
        days: "ValidityDetails",
        components: "PensionComponentDetails",
        service: "ServiceTotalDetails",
        coefficient: "PensionCoefficient",
        reason: "RefusalReasonCode" in "XRR",
        explanation: "ExplanationText",
        appeal: "AppealText",
    }
    ExaminationRequest {
        head: "CaseHeadDetails",
        person: "PersonDetails",
        kind: "PensionKindCode" in "XPT",
        residence: "ResidenceDetails",
        questions: "QuestionDetails",
        evidence: "EvidenceDetails",
    }
    ExaminationRecord {
        head: "CaseHeadDetails",
        person: "PersonDetails",
        examined_on: "ExaminationDate",
        body: "BodyDetails",
        functions: "BodyFunctionCode" in "XBF",
        results: "TestResultDetails",
        disability: "DisabilityDetails",
        conclusion: "ConclusionText",
        evidence: "EvidenceDetails",
    }
    DisabilityDecision {
        head: "CaseHeadDetails",
        person: "PersonDetails",
        body: "BodyDetails",
        number: "DecisionId",
        decided_on: "DecisionDate",
        disability: "DisabilityDetails",
        is_in_absentia: "InAbsentiaIndicator",
        explanation: "ExplanationText",
    }
    FamilyInquiry {
        head: "CaseHeadDetails",
        person: "PersonDetails",
        died_on: "DeathDate",
        questions: "QuestionDetails",
    }
    FamilyRecord {
        head: "CaseHeadDetails",
        person: "PersonDetails",
        died_on: "DeathDate",
        members: "FamilyMemberDetails",
        as_of: "SubmissionDate",
        evidence: "EvidenceDetails",
    }
    CircumstanceNotice {
        head: "CaseHeadDetails",
        person: "PersonDetails",
        circumstance: "CircumstanceCode" in "XCR",
        on: "CircumstanceDate",
        country: "CircumstanceCountryCode" in "2021",
        explanation: "ExplanationText",
        evidence: "EvidenceDetails",
    }
    AmountsInquiry {
        head: "CaseHeadDetails",
        person: "PersonDetails",
        kinds: "PensionKindCode" in "XPT",
        days: "ValidityDetails",
        check: "BulkCheckId",
    }
    AmountsRecord {
        head: "CaseHeadDetails",
        person: "PersonDetails",
        days: "ValidityDetails",
        payments: "PaymentDetails",
        as_of: "SubmissionDate",
    }
    WithholdingRequest {
        head: "CaseHeadDetails",
        person: "PersonDetails",
        kind: "PensionKindCode" in "XPT",
        days: "ValidityDetails",
        amount: "OverpaidAmount",
        explanation: "ExplanationText",
        account: "AccountText",
        evidence: "EvidenceDetails",
    }
    WithholdingAnswer {
        head: "CaseHeadDetails",
        person: "PersonDetails",
        answer: "WithholdingAnswerCode" in "XWR",
        kind: "PensionKindCode" in "XPT",
        installments: "InstallmentDetails",
        explanation: "ExplanationText",
    }
    VerificationRequest {
        head: "CaseHeadDetails",
        person: "PersonDetails",
        evidence: some "EvidenceDetails",
        questions: "QuestionDetails",
    }
    VerificationRecord {
        head: "CaseHeadDetails",
        person: "PersonDetails",
        documents: some "VerifiedDocumentDetails",
        evidence: "EvidenceDetails",
    }
    RelocationNotice {
        head: "CaseHeadDetails",
        person: "PersonDetails",
        moved_on: "RelocationDate",
        former: "FormerCountryCode" in "2021",
        residence: "ResidenceDetails",
        pensions: "ReceivedPensionDetails",
        is_review_asked: "ReviewIndicator",
        evidence: "EvidenceDetails",
    }
    CertificateRequest {
        head: "CaseHeadDetails",
        person: "PersonDetails",
        purpose: "CertificatePurposeCode" in "XPM",
        kind: "PensionKindCode" in "XPT",
        explanation: "ExplanationText",
    }
    PaymentCertificate {
        head: "CaseHeadDetails",
        person: "PersonDetails",
        purpose: "CertificatePurposeCode" in "XPM",
        kind: "PensionKindCode" in "XPT",
        file: "PensionFileId",
        components: "PensionComponentDetails",
        paid_until: "PaidUntilDate",
        stopped_from: "StoppedDate",
        overpaid: "OverpaidAmount",
    }
    BodyDirectory {
        head: "CaseHeadDetails",
        entries: some "DirectoryEntryDetails",
        as_of: "SubmissionDate",
    }
    LawChange {
        head: "CaseHeadDetails",
        title: "ActName",
        number: "ActId",
        adopted_on: "ActDate",
        in_force_on: "EffectiveDate",
        kinds: "PensionKindCode" in "XPT",
        summary: "SummaryText",
        evidence: "EvidenceDetails",
    }
    CommissionInquiry {
        head: "CaseHeadDetails",
        subject: "SubjectName",
        questions: some "QuestionDetails",
        due: "DueDate",
    }
    CommissionAnswer {
        head: "CaseHeadDetails",
        subject: "SubjectName",
        answers: some "AnswerDetails",
        as_of: "SubmissionDate",
    }
    Clarification {
        head: "CaseHeadDetails",
        questions: some "QuestionDetails",
        due: "DueDate",
    }
    ClarificationAnswer {
        head: "CaseHeadDetails",
        answers: some "AnswerDetails",
        evidence: "EvidenceDetails",
    }
    Rejection {
        head: "CaseHeadDetails",
        reason: "RefusalReasonCode" in "XRR",
        explanation: "ExplanationText",
    }
    Reminder {
        head: "CaseHeadDetails",
        number: "ReminderOrdinal",
        due: "DueDate",
        explanation: "ExplanationText",
    }
    Update {
        head: "CaseHeadDetails",
        replacement: "ReplacementDocumentId",
        explanation: "ExplanationText",
    }
    Invalidation {
        head: "CaseHeadDetails",
        reason: "InvalidationReasonCode" in "XIR",
        from: "EffectiveDate",
        explanation: "ExplanationText",
    }
    Forwarding {
        head: "CaseHeadDetails",
        to: "ReceiverCountryCode" in "2021",
        body: "BodyDetails",
        reason: "ForwardingReasonCode" in "XFR",
        explanation: "ExplanationText",
    }
    Closure {
        head: "CaseHeadDetails",
        reason: "ClosureReasonCode" in "XCS",
        closed_on: "ClosedDate",
        explanation: "ExplanationText",
    }
}
