//! Where each field of a document of the labour half stands, in the order of its schema.

use super::HOME;
use crate::base::Finding;
use crate::exchange::canonical::job::{
    Application, CandidateProfile, Certificate, Contact, Contract, EmploymentPeriod, EmploymentRecord,
    Interest, JobOffer, LanguageSkill, Occupation, PastWork, Place, Reveal, RevealEnd, Revealed, Skill,
    Vacancy, VacancyRef, Wishes, Worked,
};
use crate::exchange::document::CanonicalWriter;
use crate::exchange::document::codec::dice::Dice;
use crate::exchange::document::codec::field::{At, Inside, Reading, Slot, at, fields};
use crate::exchange::document::codec::fields::Fields;

fields! {
    VacancyRef {
        state: "VacancyCountryCode" in "2021",
        source: "VacancySourceCode",
        id: "VacancyId",
    }
    Occupation {
        scheme: "OccupationSchemeCode" in "XJQ",
        edition: "OccupationEditionCode",
        code: "OccupationCode",
        isco: "IscoCode",
        relation: "OccupationRelationCode" in "XJM",
    }
    Place {
        country: "PlaceCountryCode" in "2021",
        region: "PlaceRegionCode",
        name: "PlaceName",
    }
    Skill {
        code: "SkillCode",
        name: "SkillName",
        is_required: "RequiredIndicator",
    }
    LanguageSkill {
        language: "SkillLanguageCode",
        level: "LanguageLevelCode" in "XJL",
        is_required: "RequiredIndicator",
    }
    Certificate {
        code: "CertificateCode",
        valid_to: "CertificateMonth",
    }
    Contact {
        channel: "ContactChannelCode" in "XJH",
        value: "ContactText",
    }
    Worked {
        occupation: "OccupationDetails",
        experience: "ExperienceCode" in "XJB",
    }
    Wishes {
        states: "WishedCountryCode" in "2021",
        places: "PlaceDetails",
        would_move: "RelocationIndicator",
        remote: "RemoteWorkCode" in "XJR",
        offerings: "OfferingCode" in "XJO",
        schedules: "ScheduleCode" in "XJS",
        pay: "PayDetails",
        from: "AvailableMonth",
    }
    PastWork {
        interval: "WorkPeriodDetails",
        employer: "PastEmployerName",
        position: "PastPositionName",
        occupation: "OccupationDetails",
    }
    Revealed {
        name: "FullNameDetails",
        contacts: "ContactDetails",
        summary: "SummaryText",
        history: "PastWorkDetails",
    }
    Application {
        id: "ApplicationId",
        reveal: "RevealId",
        vacancy: "VacancyRefDetails",
        made_at: "ApplicationDateTime",
    }
    Contract {
        number: "ContractId",
        signed_on: "ContractDate",
        starts_on: "WorkStartDate",
        kind: "ContractKindCode" in "XJN",
        ends_on: "ContractEndDate",
        employer: "EmployerDetails",
        position: "WorkPositionName",
    }
    EmploymentPeriod {
        id: "PeriodId",
        state: "PeriodCountryCode" in "2021",
        interval: "WorkPeriodDetails",
        basis: "EmploymentBasisCode" in "XJK",
        employer: "EmployerDetails",
        is_part_time: "PartTimeIndicator",
        is_remote: "RemoteIndicator",
        position: "WorkPositionName",
        occupation: "OccupationDetails",
        special_conditions: "SpecialConditionDetails",
        source: "PeriodSourceCode",
        evidence: "EvidenceDetails",
        supersedes: "SupersededPeriodId",
        cancelled_on: "PeriodCancelledDate",
    }
    Vacancy {
        reference: "VacancyRefDetails",
        status: "VacancyStatusCode" in "XJV",
        title: "VacancyName",
        language: "TextLanguageCode",
        description: "VacancyText",
        occupations: "OccupationDetails",
        employer: "EmployerDetails",
        is_of_agency: "AgencyIndicator",
        places: "PlaceDetails",
        remote: "RemoteWorkCode" in "XJR",
        pay: "PayDetails",
        offering: "OfferingCode" in "XJO",
        schedule: "ScheduleCode" in "XJS",
        skills: "SkillDetails",
        languages: "LanguageSkillDetails",
        licences: "DrivingLicenceCode" in "XJD",
        certificates: "CertificateDetails",
        schooling: "SchoolingCode" in "XJE",
        experience_months: "ExperienceMonthQuantity",
        posts: "PostQuantity",
        quotas: "QuotaCode",
        benefits: "BenefitCode",
        industries: "IndustryCode",
        posted_on: "PostedDate",
        changed_at: "ChangedDateTime",
        closes_on: "ClosingDate",
        page: "PageText";
        absent contacts
    }
    CandidateProfile {
        reference: "ProfileId",
        state: "HomeCountryCode" in "2021",
        work: some "WorkedDetails",
        skills: "SkillDetails",
        schooling: "SchoolingCode" in "XJE",
        languages: "LanguageSkillDetails",
        licences: "DrivingLicenceCode" in "XJD",
        certificates: "CertificateDetails",
        home: "HomePlaceDetails",
        wishes: "WishDetails",
        changed: "ChangedMonth",
    }
    Interest {
        vacancy: "VacancyRefDetails",
        profile: "ProfileId",
        employer: "EmployerDetails",
        title: "VacancyName",
        works_in: "WorkCountryCode" in "2021",
        pay: "PayDetails",
        closes_on: "ClosingDate",
    }
    Reveal {
        id: "RevealId",
        state: "HomeCountryCode" in "2021",
        consent: "ConsentId",
        profile: "ProfileId",
        employer: "EmployerDetails",
        vacancy: "VacancyRefDetails",
        given_at: "GivenDateTime",
        expires_at: "ExpiryDateTime",
        level: "ConsentLevelCode" in "XCL",
        revealed: "RevealedDetails",
    }
    RevealEnd {
        reveal: "RevealId",
        state: "HomeCountryCode" in "2021",
        ended_at: "EndedDateTime",
    }
    JobOffer {
        application: "ApplicationDetails",
        pay: "PayDetails",
        starts_on: "WorkStartDate",
        answer_by: "AnswerDueDate",
    }
    EmploymentRecord {
        state: "RecordCountryCode" in "2021",
        as_of: "RecordDate",
        person: "PersonDetails",
        contract: "ContractDetails",
        periods: "EmploymentPeriodDetails",
        contributions: "ContributionDetails",
    }
}
