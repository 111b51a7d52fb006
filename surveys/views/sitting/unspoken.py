"""What a patient reads whose language has no questions, in that language: languages without an interface of ours."""

from __future__ import annotations

SENTENCES = {
    "cs": "Tento dotazník není ve vašem jazyce. Vaše klinika vám zavolá.",
    "da": "Dette spørgeskema findes ikke på dit sprog. Din klinik ringer til dig.",
    "el": "Αυτό το ερωτηματολόγιο δεν υπάρχει στη γλώσσα σας. Η κλινική σας θα σας τηλεφωνήσει.",
    "fa": "این پرسش‌نامه به زبان شما موجود نیست. کلینیک شما به شما تلفن می‌کند.",
    "fr": "Ce questionnaire n’existe pas dans votre langue. Votre clinique vous téléphonera.",
    "he": "השאלון הזה אינו קיים בשפה שלך. המרפאה שלך תתקשר אליך.",
    "hi": "यह प्रश्नावली आपकी भाषा में नहीं है। आपका क्लिनिक आपको फ़ोन करेगा।",
    "it": "Questo questionario non è disponibile nella Sua lingua. La Sua clinica Le telefonerà.",
    "ja": "この質問票には、あなたの言語のものがありません。クリニックからお電話します。",
    "ko": "이 설문지는 귀하의 언어로 준비되어 있지 않습니다. 병원에서 전화를 드리겠습니다.",
    "nl": "Deze vragenlijst is er niet in uw taal. Uw kliniek belt u op.",
    "pl": "Ta ankieta nie jest dostępna w Państwa języku. Klinika zadzwoni do Państwa.",
    "pt": "Este questionário não existe na sua língua. A sua clínica vai telefonar-lhe.",
    "ro": "Acest chestionar nu există în limba dumneavoastră. Clinica vă va telefona.",
    "ru": "Этой анкеты нет на вашем языке. Ваша клиника вам позвонит.",
    "sv": "Det här formuläret finns inte på ditt språk. Din klinik ringer dig.",
    "tr": "Bu anket sizin dilinizde yok. Kliniğiniz sizi telefonla arayacak.",
    "uk": "Цієї анкети немає вашою мовою. Ваша клініка вам зателефонує.",
    "ur": "یہ سوال نامہ آپ کی زبان میں نہیں ہے۔ آپ کا کلینک آپ کو فون کرے گا۔",
    "vi": "Bảng câu hỏi này không có bằng ngôn ngữ của quý vị. Phòng khám sẽ gọi điện cho quý vị.",
    "zh": "此问卷没有您的语言版本。您的诊所会给您打电话。",
}
