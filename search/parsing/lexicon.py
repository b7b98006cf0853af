"""The phrases that say which films to find: languages, kinds, genres, ages, services.

Each meaning has a comma-separated list of phrases, folded like names. Phrases after `~` are matched
by sound, so in any romanisation and every script that sounds the same; the others must be spelt as
they are here.
"""


def _word_set(words: str) -> frozenset[str]:
    return frozenset(words.split())


FILM_WORDS = (
    "movie, film, flick, moovie, picture, cinema, telefilm, ~sinima, ~padam, ~padamu, "
    "~chithram, ~chitram, ~chalachitram, ~chitra, ~thiraippadam, சினிமா, திரைப்படம், "
    "படம், படத்தை, फिल्म, फ़िल्म, मूवी, पिक्चर, सिनेमा, चित्रपट, చిత్రం, సినిమా, మూవీ, "
    "ఫిల్మ్, ಚಿತ್ರ, ಸಿನಿಮಾ, ಸಿನೆಮಾ, ಚಲನಚಿತ್ರ, ಮೂವಿ, ഫിലിം, സിനിമ, ചിത്രം, ചലച്ചിത്രം, "
    "പടം, മൂവി"
)
FILM_PLURALS = (
    "movies, films, flicks, pictures, filmography, ~padangal, ~padalu, ~sinimalu, "
    "~sinimagal, ~sinimakal, ~chithrangal, ~chitralu, ~chitragalu, filmein, filme, "
    "filmen, filmon, ~philmein, movielu, cinemas, cinemalu, cinemakal, cinemagalu, "
    "படங்கள், திரைப்படங்கள், சினிமாக்கள், फिल्में, फ़िल्में, फिल्मे, फिल्मों, मूवीज, "
    "मूवीज़, పడాలు, సినిమాలు, చిత్రాలు, మూవీస్, ಚಿತ್ರಗಳು, ಸಿನಿಮಾಗಳು, ಸಿನೆಮಾಗಳು, "
    "ಚಲನಚಿತ್ರಗಳು, സിനിമകൾ, ചിത്രങ്ങൾ, പടങ്ങൾ"
)
KINDS: dict[str, str] = {
    "series": (
        "series, web series, webseries, tv series, tv show, tv shows, serials, "
        "tv serial, sitcom, sitcoms, miniseries, mini series, web show, web shows, "
        "~dharavahik, ~dharavahika, सीरीज, सीरीज़, वेब सीरीज, वेब सीरीज़, धारावाहिक, सीरियल, "
        "సిరీస్, వెబ్ సిరీస్, సీరియల్, தொடர், வெப் சீரிஸ், சீரியல், வெப் தொடர், ಧಾರಾವಾಹಿ, "
        "ವೆಬ್ ಸರಣಿ, ವೆಬ್ ಸೀರೀಸ್, സീരിയൽ, വെബ് സീരീസ്, സീരീസ്"
    ),
    "anime": (
        "anime, animes, japanese cartoon, japanese cartoons, japani cartoon, ऐनिमे, एनीमे, "
        "అనిమే, அனிமே, ಅನಿಮೆ, അനിമെ, ആനിമേ"
    ),
}
KIND_LABELS = {"movie": "Films", "series": "Series", "anime": "Anime"}

LANGUAGES: dict[str, str] = {
    "te": (
        "~telugu, tollywood, telegu, telugulo, teluglo, ~telungu, తెలుగు, తెలుగులో, "
        "టాలీవుడ్, तेलुगु, तेलुगू, तेलगु, தெலுங்கு, தெலுகு, ತೆಲುಗು, തെലുങ്ക്, തെലുഗു"
    ),
    "ta": (
        "~tamil, thamizh, tamizh, thamil, kollywood, tamillo, tamizhil, tamilil, "
        "தமிழ், தமிழில், கோலிவுட், तमिल, तामिल, తమిళం, తమిళ్, తమిళ, ತಮಿಳು, തമിഴ്, കോളിവുഡ്"
    ),
    "hi": (
        "~hindi, bollywood, bolly, hindustani, hindilo, hindimein, हिंदी, हिन्दी, बॉलीवुड, "
        "बालीवुड, హిందీ, బాలీవుడ్, இந்தி, ஹிந்தி, பாலிவுட், ಹಿಂದಿ, ಬಾಲಿವುಡ್, ഹിന്ദി, ബോളിവുഡ്"
    ),
    "kn": (
        "kannada, kanada, kannadam, sandalwood, kannad, kannadadalli, "
        "ಕನ್ನಡ, ಸ್ಯಾಂಡಲ್‌ವುಡ್, ಕನ್ನಡದ, कन्नड़, कन्नड, కన్నడ, கன்னட, கன்னடம், കന്നഡ, കന്നട"
    ),
    "ml": (
        "~malayalam, mollywood, malayalee, malyalam, malayalm, mallu, malayalathil, "
        "മലയാളം, മലയാള, മോളിവുഡ്, मलयालम, మలయాళం, మలయాళ, மலையாளம், மலையாள, ಮಲಯಾಳಂ, ಮಲಯಾಳ"
    ),
    "en": (
        "english, hollywood, इंग्लिश, अंग्रेजी, अंग्रेज़ी, हॉलीवुड, ఇంగ్లీష్, ఇంగ్లిష్, "
        "హాలీవుడ్, ஆங்கில, ஆங்கிலம், இங்கிலீஷ், ஹாலிவுட், ಇಂಗ್ಲಿಷ್, ಇಂಗ್ಲೀಷ್, ಹಾಲಿವುಡ್, "
        "ഇംഗ്ലീഷ്, ഹോളിവുഡ്"
    ),
    "mr": "marathi, मराठी, మరాఠీ, மராத்தி, ಮರಾಠಿ, മറാഠി",
    "bn": "bengali, bangla, बंगाली, बांग्ला, বাংলা, బెంగాలీ, பெங்காலி, ಬಂಗಾಳಿ, ബംഗാളി",
    "pa": "punjabi, panjabi, pollywood, पंजाबी, ਪੰਜਾਬੀ, పంజాబీ, பஞ்சாபி, ಪಂಜಾಬಿ, പഞ്ചാബി",
    "gu": "gujarati, gujrati, गुजराती, ગુજરાતી",
    "or": "odia, oriya, ollywood, ଓଡ଼ିଆ",
    "as": "assamese, অসমীয়া",
    "bho": "bhojpuri, भोजपुरी",
    "ur": "urdu, उर्दू, اردو",
    "tcy": "tulu",
    "ja": "japanese, japani, jappani, जापानी, జపనీస్, ஜப்பானிய, ಜಪಾನೀಸ್, ജാപ്പനീസ്",
    "ko": "korean, कोरियन, कोरियाई, కొరియన్, கொரியன், கொரிய, ಕೊರಿಯನ್, കൊറിയൻ",
    "zh": "chinese, mandarin, cantonese",
    "es": "spanish",
    "fr": "french",
    "de": "german",
    "it": "italian",
    "ru": "russian",
    "fa": "iranian, persian",
    "tr": "turkish",
    "th": "thai",
}
LANGUAGE_LABELS: dict[str, str] = {
    "te": "Telugu",
    "ta": "Tamil",
    "hi": "Hindi",
    "kn": "Kannada",
    "ml": "Malayalam",
    "en": "English",
    "mr": "Marathi",
    "bn": "Bengali",
    "pa": "Punjabi",
    "gu": "Gujarati",
    "or": "Odia",
    "as": "Assamese",
    "bho": "Bhojpuri",
    "ur": "Urdu",
    "tcy": "Tulu",
    "ja": "Japanese",
    "ko": "Korean",
    "zh": "Chinese",
    "es": "Spanish",
    "fr": "French",
    "de": "German",
    "it": "Italian",
    "ru": "Russian",
    "fa": "Persian",
    "tr": "Turkish",
    "th": "Thai",
}
SOUTH_INDIAN_PHRASES = (
    "south cinema, south movie, south movies, south film, south films, south indian, "
    "south india, southindian, साउथ इंडियन, दक्षिण भारतीय"
)
SOUTH_LANGUAGES = ("te", "ta", "kn", "ml")

# After a language these make it part of the plot, or the language of a translation.
PLOT_NOUNS_AFTER_LANGUAGE = _word_set(
    "teacher student boy girl man woman guy lady wife husband mother father family couple "
    "people actor actress hero heroine writer poet poetry professor lecturer school medium "
    "class king queen prince princess village town house wedding bride groom brahmin police "
    "officer soldier doctor refugee refugees migrant speaking speaker song songs nadu tigers "
    "dubbed mein tutor master sir miss pandit tourist "
    "businessman gangster journalist ladki ladka aurat aadmi mastaru teacheru ammayi abbayi "
    "kudumbam penn paiyan ponnu టీచర్ మాస్టారు అమ్మాయి అబ్బాయి ஆசிரியர் பெண் பையன் குடும்பம் "
    "शिक्षक लड़की लड़का औरत आदमी परिवार टीचर मास्टर ಮೇಷ್ಟ್ರು ಮೇಷ್ಟ್ರಿಗೆ ಹುಡುಗ ಹುಡುಗಿ ടീച്ചർ "
    "അധ്യാപകൻ പെണ്ണ് പയ്യൻ कुटुंब"
)

# After a language these make it the language of a translation.
TRANSLATION_WORDS = _word_set("dubbed dubbing dub subtitle subtitles subtitled डब्ड")

# Slugs of catalog.genres; space-separated ones are meant together.
GENRES: dict[str, str] = {
    "action": ("action, ~ekshan, आक्शन, एक्शन, ऐक्शन, యాక్షన్, ஆக்‌ஷன், ஆக்ஷன், அதிரடி, ಆಕ್ಷನ್, ആക്ഷൻ"),
    "adventure": "adventure, ~sahasam, साहसिक, అడ్వెంచర్, సాహస, சாகச, ಸಾಹಸ, സാഹസിക",
    "biography": "biography, biographical, biopic, बायोपिक, బయోపిక్, பயோபிக், ಬಯೋಪಿಕ್, ബയോപിക്",
    "comedy": "comedy, comic, ~haasya, ~hasya, ~nakaichuvai, ~komedi, ~haasyam, komedy, ~komady, "
    "कॉमेडी, कामेडी, हास्य, కామెడీ, హాస్య, நகைச்சுவை, காமெடி, ಕಾಮಿಡಿ, ಹಾಸ್ಯ, കോമഡി, ഹാസ്യ",
    "coming-of-age": "coming of age",
    "crime": "crime, क्राइम, अपराध, క్రైమ్, க்ரைம், கிரைம், குற்றப், ಕ್ರೈಂ, ಕ್ರೈಮ್, ക്രൈം",
    "devotional": (
        "devotional, ~bhakti, ~bhakthi, ~bhakta, spiritual, भक्ति, धार्मिक, భక్తి, பக்தி, ಭಕ್ತಿ, ഭക്തി"
    ),
    "disaster": "disaster",
    "documentary": ("documentary, वृत्तचित्र, डॉक्यूमेंट्री, డాక్యుమెంటరీ, ஆவணப், ಸಾಕ್ಷ್ಯಚಿತ್ರ, ഡോക്യുമെന്ററി"),
    "drama": "drama, melodrama, ड्रामा, డ్రామా, நாடகப், டிராமா, ಡ್ರಾಮಾ, ഡ്രാമ",
    "erotic": "erotic",
    "family": "~parivarik, पारिवारिक, ಕೌಟುಂಬಿಕ",
    "fantasy": (
        "fantasy, फैंटेसी, ఫాంటసీ, ఫ్యాంటసీ, ஃபேண்டஸி, ಫ್ಯಾಂಟಸಿ, ഫാന്റസി, ~socio fantasy, folklore, ~janapada"
    ),
    "film-noir": "noir, film noir",
    "heist": "heist",
    "history": (
        "historical, history, epic historical, ~aithihasik, ऐतिहासिक, చారిత్రక, "
        "చారిత్రాత్మక, வரலாற்று, சரித்திர, ಐತಿಹಾಸಿಕ, ചരിത്ര"
    ),
    "horror": (
        "horror, ~bhootiya, ~darawni, ~daravani, हॉरर, हारर, भूतिया, डरावनी, हॉर्रर, హారర్, "
        "திகில், ஹாரர், ಹಾರರ್, ഹൊറർ, ഹൊറര്‍"
    ),
    "legal": "legal, courtroom, court room",
    "lgbtq": "lgbt, lgbtq, lgbtqia, gay, lesbian, queer",
    "martial-arts": "martial arts, kung fu, kungfu",
    "musical": "musical, ~sangeetha, संगीतमय, సంగీత, இசை, ಸಂಗೀತ, സംഗീത",
    "mystery": (
        "mystery, mysteries, whodunit, murder mystery, ~rahasya, रहस्य, मिस्ट्री, మిస్టరీ, "
        "మర్మ, மர்ம, மர்மப், ಮಿಸ್ಟರಿ, ಪತ್ತೇದಾರಿ, മിസ്റ്ററി, കുറ്റാന്വേഷണ, investigative"
    ),
    "mythology": (
        "mythology, mythological, ~pauranik, ~pouranika, ~puranam, पौराणिक, పౌరాణిక, புராண, "
        "புராணப், ಪೌರಾಣಿಕ, പുരാണ"
    ),
    "parody": "parody, spoof",
    "period": "period, period drama, costume drama",
    "political": (
        "political, politics, ~rajkiya, ~rajakiya, ~arasiyal, ~rashtriya, राजनीतिक, రాజకీయ, "
        "அரசியல், ರಾಜಕೀಯ, രാഷ്ട്രീയ"
    ),
    "psychological": ("psychological, सायकोलॉजिकल, సైకలాజికల్, உளவியல், ಸೈಕಲಾಜಿಕಲ್, സൈക്കോളജിക്കൽ, ~psycho"),
    "romance": (
        "romance, romantic, love story, lovestory, romantik, ~prema katha, ~prema kathalu, "
        "~premkatha, ~premakathe, ~prema kathe, ~prem kahani, ~prem katha, ~kadhal kathai, "
        "~kathal kathai, ~pranaya, ~pranayam, रोमांटिक, रोमांस, प्रेम कहानी, लव स्टोरी, "
        "प्रेमकथा, రొమాంటిక్, రొమాన్స్, ప్రేమ కథ, ప్రేమకథ, ప్రేమ కథా, ప్రేమకథా, లవ్ స్టోరీ, "
        "காதல் கதை, ரொமான்டிக், லவ் ஸ்டோரி, ಪ್ರೇಮ ಕಥೆ, ಪ್ರೇಮಕಥೆ, ರೊಮ್ಯಾಂಟಿಕ್, ಲವ್ ಸ್ಟೋರಿ, "
        "പ്രണയ, പ്രണയകഥ, റൊമാന്റിക്, റൊമാൻസ്"
    ),
    "satire": "satire, satirical, political satire",
    "science-fiction": (
        "sci fi, scifi, science fiction, sciencefiction, साइंस फिक्शन, साई फाई, "
        "సైన్స్ ఫిక్షన్, அறிவியல் புனைகதை, சயின்ஸ் ஃபிக்ஷன், ಸೈನ್ಸ್ ಫಿಕ್ಷನ್, വൈജ്ഞാനിക, "
        "സയൻസ് ഫിക്ഷൻ"
    ),
    "short": "short",
    "slice-of-life": "slice of life",
    "sport": "sport, sports, स्पोर्ट्स, స్పోర్ట్స్, ஸ்போர்ட்ஸ்",
    "spy": "espionage, spy thriller",
    "stand-up": "stand up, standup, stand up comedy, standup comedy",
    "superhero": ("superhero, super hero, सुपरहीरो, సూపర్ హీరో, சூப்பர் ஹீரோ, ಸೂಪರ್ ಹೀರೋ, സൂപ്പർഹീറോ"),
    "supernatural": "supernatural",
    "survival": "survival",
    "teen": "teen, teenage",
    "thriller": (
        "thriller, suspense, थ्रिलर, सस्पेंस, థ్రిల్లర్, సస్పెన్స్, த்ரில்லர், திரில்லர், "
        "சஸ்பென்ஸ், ಥ್ರಿಲ್ಲರ್, ಸಸ್ಪೆನ್ಸ್, ത്രില്ലർ, ത്രില്ലര്‍, സസ്പെൻസ്, ~thrilar"
    ),
    "vampire": "vampire",
    "war": "patriotic, ~deshbhakti, देशभक्ति",
    "western": "western",
    "romance comedy": "romcom, rom com, romedy, रोमकॉम, రొమాంటిక్ కామెడీ, ரொமான்டிக் காமெடி",
}
# Plurals are only used in requests for a list of films.
GENRE_PLURALS: dict[str, str] = {
    "action": "actioners, action entertainers",
    "biography": "biopics",
    "comedy": "comedies",
    "documentary": "documentaries, docuseries",
    "drama": "dramas",
    "fantasy": "fantasies",
    "horror": "horrors",
    "musical": "musicals",
    "mystery": "whodunits, murder mysteries",
    "mythology": "mythologicals",
    "romance": (
        "romances, love stories, lovestories, ~premkathayein, ~prema kathalu, ~kadhal kathaigal"
    ),
    "romance comedy": "romcoms, rom coms",
    "satire": "satires",
    "short": "short films, shorts",
    "thriller": "thrillers",
    "western": "westerns",
}
GENRE_LABELS = {
    "science-fiction": "Science fiction",
    "film-noir": "Film noir",
    "coming-of-age": "Coming of age",
    "martial-arts": "Martial arts",
    "slice-of-life": "Slice of life",
    "stand-up": "Stand-up comedy",
    "lgbtq": "LGBTQ",
}
# Genres only if a word for film follows: alone they are words of plots.
FILM_GENRES: dict[str, str] = {
    "romance": (
        "love, ~prema, ~kadhal, ~pyar, ~pyaar, ~prem, ~kaadhal, ~ishq, ~preethi, ~preeti, "
        "~sneham, प्यार, प्रेम, इश्क, ప్రేమ, காதல், ಪ್ರೇಮ, ಪ್ರೀತಿ, പ്രേമ"
    ),
    "horror": (
        "ghost, haunted, scary, spooky, ~bhoot, ~pei, ~deyyam, ~dayyam, ~devva, ~pretha, "
        "~pretham, भूत, भूतों, దెయ్యం, దెయ్యాల, பேய், பேய்ப், ದೆವ್ವ, ದೆವ್ವದ, ಭೂತದ, പ്രേത, "
        "പ്രേതം"
    ),
    "war": "war, ~yudh, युद्ध, యుద్ధ, போர், ಯುದ್ಧ, യുദ്ധ",
    "family": (
        "family, ~kudumba, ~kutumba, फैमिली, ఫ్యామిలీ, కుటుంబ, குடும்ப, குடும்பப், ಫ್ಯಾಮಿಲಿ, ഫാമിലി, കുടുംബ"
    ),
    "children": (
        "kids, children, childrens, ~balala, ~bachchon, बच्चों, పిల్లల, குழந்தைகள், ಮಕ್ಕಳ, കുട്ടികളുടെ"
    ),
    "sport": "sport, sports, खेल, క్రీడా, விளையாட்டு, ಕ್ರೀಡಾ, കായിക",
    "crime": "gangster, mafia",
    "spy": "spy",
    "history": "epic, ~raja rani",
}
# Years beside these are those of the story, not of the release.
HISTORICAL_GENRES = frozenset(
    {"war", "history", "period", "sport", "biography", "political", "spy"}
)

OLD_FILM_PHRASES = (
    "old, older, oldie, oldies, classic, classics, vintage, golden era, golden age, "
    "yesteryear, retro, ~purani, ~purana, ~purane, ~pazhaya, ~palaya, ~pathakalam, "
    "~paatha, ~pata, ~haleya, ~hale, पुरानी, पुराने, पुराना, పాత, பழைய, ಹಳೆಯ, ಹಳೇ, പഴയ"
)
NEW_FILM_PHRASES = (
    "new, newest, latest, recent, recently released, new release, new releases, "
    "latest release, upcoming, ~nayi, ~naya, ~naye, ~kotha, ~kottha, ~pudhiya, ~puthiya, "
    "~pudhu, ~hosa, ~puthan, नई, नयी, नया, नए, ताज़ा, కొత్త, తాజా, புதிய, புது, ಹೊಸ, "
    "പുതിയ, പുത്തൻ"
)

PROVIDERS: dict[str, str] = {
    "netflix": ("netflix, net flix, नेटफ्लिक्स, నెట్‌ఫ్లిక్స్, நெட்ஃபிளிக்ஸ், ನೆಟ್‌ಫ್ಲಿಕ್ಸ್, നെറ്റ്ഫ്ലിക്സ്"),
    "prime-video": (
        "amazon prime, prime video, amazon prime video, amazonprime, primevideo, "
        "अमेज़न प्राइम, अमेजन प्राइम, అమెజాన్ ప్రైమ్, அமேசான் பிரைம், ಅಮೆಜಾನ್ ಪ್ರೈಮ್, "
        "ആമസോൺ പ്രൈം"
    ),
    "hotstar": (
        "hotstar, hot star, disney hotstar, jiohotstar, jio hotstar, jio cinema, jiocinema, "
        "हॉटस्टार, హాట్‌స్టార్, ஹாட்ஸ்டார், ಹಾಟ್‌ಸ್ಟಾರ್, ഹോട്ട്സ്റ്റാർ"
    ),
    "disney-plus": "disney plus, disneyplus",
    "zee5": "zee5, zee 5",
    "sonyliv": "sonyliv, sony liv",
    "aha": "aha video, aha ott",
    "sun-nxt": "sun nxt, sunnxt",
    "mubi": "mubi",
    "apple-tv": "apple tv, apple tv plus, appletv",
    "youtube": "youtube",
    "crunchyroll": "crunchyroll",
    "manorama-max": "manorama max, manoramamax",
    "etv-win": "etv win",
    "mx-player": "mx player, mxplayer",
    "eros-now": "eros now, erosnow",
    "hoichoi": "hoichoi",
}
# Also common words: they name a service only after "on".
AMBIGUOUS_PROVIDERS: dict[str, str] = {
    "prime-video": "prime, amazon",
    "disney-plus": "disney",
    "aha": "aha",
    "zee5": "zee",
    "apple-tv": "apple",
    "sun-nxt": "sun",
}
PROVIDER_LABELS: dict[str, str] = {
    "netflix": "Netflix",
    "prime-video": "Prime Video",
    "hotstar": "JioHotstar",
    "disney-plus": "Disney+",
    "zee5": "ZEE5",
    "sonyliv": "SonyLIV",
    "aha": "aha",
    "sun-nxt": "Sun NXT",
    "mubi": "MUBI",
    "apple-tv": "Apple TV",
    "youtube": "YouTube",
    "crunchyroll": "Crunchyroll",
    "manorama-max": "ManoramaMAX",
    "etv-win": "ETV Win",
    "mx-player": "MX Player",
    "eros-now": "Eros Now",
    "hoichoi": "hoichoi",
}
# The slugs of a service in catalogues, where they differ.
PROVIDER_SLUGS: dict[str, tuple[str, ...]] = {
    "prime-video": ("prime-video", "prime", "amazon-prime", "amazon prime video"),
    "hotstar": ("hotstar", "jiohotstar", "disney-hotstar"),
    "disney-plus": ("disney-plus", "disney+", "hotstar"),
    "sun-nxt": ("sun-nxt", "sunnxt"),
    "apple-tv": ("apple-tv", "apple-tv-plus"),
}

# Before or after a title, ask for films like it; the weak ones are also words of plots.
LIKE_BEFORE = (
    "similar to, similar as, something like, anything like, in the vein of, in the style of, "
    "reminds me of, reminiscent of, along the lines of, if you liked, if i liked, i liked, "
    "i loved, because i liked, fans of, for fans of, after watching"
)
LIKE_BEFORE_WEAK = "like, just like, more like, stuff like, same as, same like, such as, similar"
LIKE_AFTER = (
    "~jaisi, ~jaisa, ~jaise, ~lanti, ~laanti, ~lanti, ~lantivi, ~lantidi, ~vanti, "
    "~maathiri, ~madhiri, ~mathiri, ~matiri, ~tarahada, ~taraha, ki tarah, ke tarah, "
    "ki tarha, ke jaisi, ke jaise, se milti julti, ~polulla, ~poleyulla, ~polathe, "
    "~polatte, ~pola irukkum, ~taranga, ~tarahadda, ~antaha, ~anthaha, ~reetiya, "
    "~tarahaa, taraha, vagaira, जैसी, जैसा, जैसे, की तरह, के जैसी, के जैसे, లాంటి, "
    "లాంటివి, వంటి, తరహా, மாதிரி, மாதிரியான, போன்ற, போல, போலவே, ತರಹದ, ತರಹ, ಅಂತಹ, ಅಂಥ, "
    "ರೀತಿಯ, ಹಾಗೆ, ഹാഗೆ, പോലെ, പോലെയുള്ള, പോലുള്ള, പോലത്തെ, മാതിരി, like, type, type ka, "
    "type ki, style, similar, pole, pola, pol, thara, tarah, tarahadde"
)
CONTRAST_WORDS = (
    "but, except, only, however, lekin, par, magar, kaani, kani, aana, anal, aanal, "
    "aadre, aadare, pakshe, लेकिन, पर, मगर, కానీ, కాని, ஆனால், ஆனா, ಆದರೆ, പക്ഷേ, പക്ഷെ"
)

NEGATIONS_BEFORE = "not, non, no, without, bina, बिना"
# After what they exclude.
NEGATIONS_AFTER = (
    "illada, illatha, illaatha, illadha, leni, lekunda, allatha, ఉండని, లేని, లేకుండా, இல்லாத, ಇಲ್ಲದ, ഇല്ലാത്ത"
)

# Words without a meaning of their own; removed at the edges of what remains of a query.
FILLERS = (
    "a, an, the, of, in, from, by, on, with, and, for, to, at, is, are, was, me, my, i, "
    "im, some, any, all, few, that, this, which, where, who, whose, when, about, "
    "starring, featuring, stars, acted, directed, director, actor, actress, music, hero, "
    "heroine, cast, language, languages, industry, era, decade, best, top, good, great, "
    "nice, super, hit, hits, superhit, blockbuster, something, anything, feel, feeling, "
    "mood, today, tonight, now, top 5, top 10, top ten, top 20, top 50, top 100, famous, "
    "popular, must, watch, watching, see, show, give, find, search, list, need, want, "
    "looking, suggest, recommend, recommendation, recommendations, suggestions, please, "
    "pls, plz, released, made, came, out, full, online, hd, free, ott, based, kind, "
    "types, ones, one, there, u, you, can, or, evergreen, mein, me, main, mai, ka, ki, "
    "ke, ko, se, wala, wali, wale, waala, waali, koi, kuch, ek, achi, acchi, achhi, "
    "achha, accha, aur, jisme, jisme, jismein, jo, jis, dikhao, batao, dekhni, dekhna, "
    "hai, ho, chahiye, bhi, sabse, lo, loni, la, le, yokka, unna, vunna, gala, manchi, "
    "oka, chala, kavali, cheppu, cheppandi, chupinchu, nundi, il, ulla, irukkum, nalla, "
    "oru, sila, venum, vendum, sollu, sollunga, paarkka, paakanum, pathi, patri, enna, "
    "nadicha, nadichcha, nadittha, natinchina, nathinchina, abhinayicha, natisida, "
    "abhinayisida, nirdeshana, nirdesana, darshakatvam, iyakkiya, yokka, gari, garu, "
    "avara, sir, vachina, vacchina, vachchina, vandha, vandhu, aayi, bani, banda, vanna, "
    "alli, ondu, olleya, beku, torisi, ide, bagge, nalli, nalloru, nalla, und, venam, "
    "kurichu, kanan, oru, में, का, की, के, को, से, वाला, वाली, वाले, कोई, कुछ, एक, "
    "अच्छी, अच्छा, और, जिसमें, जिसमे, जो, है, दिखाओ, बताओ, चाहिए, पर, లో, ఒక, మంచి, "
    "వచ్చిన, வந்த, आई, बनी, ಬಂದ, വന്ന, యొక్క, ఉన్న, కావాలి, గురించి, ఏదైనా, ஒரு, நல்ல, "
    "இல், உள்ள, வேண்டும், பற்றி, பற்றிய, சில, நடித்த, இயக்கிய, ಒಂದು, ಒಳ್ಳೆಯ, ಬೇಕು, "
    "ಬಗ್ಗೆ, ಇರುವ, ಅಲ್ಲಿ, ഒരു, നല്ല, വേണം, ഉള്ള, കുറിച്ച്, അഭിനയിച്ച, നటించిన, నటించిన, "
    "దర్శకత్వం"
)
# Beside these a name is that of a person.
CREDIT_WORDS = _word_set(
    "starring featuring starred stars acted directed director actor actress by cast ft feat "
    "nadicha nadichcha nadittha natinchina nathinchina abhinayicha natisida abhinayisida "
    "nirdeshana nirdesana iyakkiya "
    "నటించిన நடித்த இயக்கிய अभिनीत ಅಭಿನಯದ ನಟಿಸಿದ അഭിനയിച്ച"
)
# Names of people that are common in plots; words of title names count as well.
COMMON_NAMES = _word_set(
    "delhi mumbai bombay chennai madras kolkata calcutta hyderabad bangalore bengaluru mysore "
    "madurai kerala goa punjab kashmir pakistan london america india teja chitra bhanu jyothi "
    "maya prem raja shiva anand vijay arjun lakshmi ram rama krishna sita radha meera mira raj "
    "ravi kiran jaya vikram surya suriya arya rani priya deepa pooja puja anjali kavya divya "
    "ganga shankar ganesh gopal mohan murali kumar siddharth karthik aditya rahul rohit amit "
    "anil sunil ajay sanjay vishnu hari gopi nani lal bala jeeva deva dev rekha simran neha "
    "nisha asha usha uma sarika savitri saritha sudha geetha gita kajal tara roja meena ramba "
    "mumtaz nagma seetha bharath bharat vishal vimal ramesh suresh mahesh dinesh rajesh naresh "
    "harish girish satish prakash subhash deepak vivek nikhil varun arun tarun charan kishore "
    "ashok vinod pramod manoj john david james robert michael george paul peter tom jack jerry "
    "joe sam max alex ben rose grace hope joy king prince queen captain major baby master "
    "junior senior guru bhagavan swamy babu reddy rao naidu sharma singh khan kapoor das roy "
    "sen nair menon pillai iyer shetty gowda innocent chandra indra surendra rajendra narendra "
    "sathya satya dharma karma karna bhima"
)
# Words of plots and places that would otherwise mean something else.
PLOT_PHRASES = (
    "jesse, jessy, santa, page, booth, boot, butt, haley, "
    "tamil nadu, tamilnadu, tamil tiger, tamil tigers, new york, new delhi, new year, "
    "new years, new zealand, new born, new girl, new boy, new wife, new neighbour, "
    "new teacher, old age, old age home, old man, old woman, old lady, old couple, "
    "old friend, old friends, old flame, old lover, old house, old people, "
    "serial killer, serial killers, serial killing, series of, tv reporter, "
    "punjabi bagh, english channel, french connection, italian job, spanish flu, "
    "love letter, love letters, love triangle, love affair, war time, war hero, "
    "war veteran, world war, police officer, crime branch, crime scene, action hero, "
    "comedy show, drama troupe, drama company, drama school, music teacher, "
    "music director, dance teacher, dance competition, political party, mystery man, "
    "film star, film crew, movie star, film actor, film actress, film hero, "
    "film heroine, film director, film producer, film industry, cinema hall, "
    "cinema theatre, movie theatre, film set, film shooting, cinema hero, picture book, "
    "drama queen, horror house, comedy actor, comedian, fun fair, raw agent, "
    "light house, dark night, deep sea, smart phone, mass murder, mass murderer, "
    "hit man, hit and run, life style, blood type, happy ending, sad ending, "
    "angry young man, black and white"
)
